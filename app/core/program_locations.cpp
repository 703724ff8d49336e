// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/core/program_locations.hpp"

#include "app/core/architectures.hpp"

#include <QCoreApplication>
#include <QDir>
#include <QFileInfo>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;

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
        return failure(u"qemu-missing"_s, u"There is no QEMU at this place."_s, absolute);
    if (!info.isFile() || !info.isExecutable())
        return failure(u"qemu-missing"_s, u"This is not a program that can be run."_s, absolute);
    return absolute;
}

QString shareFolder() {
    return QDir::cleanPath(QCoreApplication::applicationDirPath() + u"/../share/nitroscope"_s);
}

QString demoFile(QLatin1StringView name) {
    return QFileInfo(QCoreApplication::applicationDirPath() + u"/../demo/"_s + name).canonicalFilePath();
}

} // namespace nitroscope::app
