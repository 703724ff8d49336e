// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/core/program_locations.hpp"

#include "app/core/architectures.hpp"

#include <QCoreApplication>
#include <QDir>
#include <QFileInfo>

namespace nitroscope::app {

Result<QString> locateQemu(const QString &chosen) {
    QString path = chosen;
    if (path.isEmpty())
        path = qEnvironmentVariable(qemuVariable);
    if (path.isEmpty())
        path =
            QCoreApplication::applicationDirPath() + u'/' + QLatin1String(arch::usualArchitecture().emulator);

    const QFileInfo info(path);
    const QString absolute = info.absoluteFilePath();
    if (!info.exists())
        return failure(QStringLiteral("qemu-missing"), QStringLiteral("There is no QEMU at this place."),
                       absolute);
    if (!info.isFile() || !info.isExecutable())
        return failure(QStringLiteral("qemu-missing"),
                       QStringLiteral("This is not a program that can be run."), absolute);
    return absolute;
}

QString shareFolder() {
    return QDir::cleanPath(QCoreApplication::applicationDirPath() + QStringLiteral("/../share/nitroscope"));
}

} // namespace nitroscope::app
