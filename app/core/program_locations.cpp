// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/core/program_locations.hpp"

#include "app/core/architectures.hpp"

#include <QCoreApplication>
#include <QDir>
#include <QFileInfo>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;

Result<QString> locateQemu(const QString &chosen, QLatin1StringView emulator) {
    const QLatin1StringView usual(arch::usualArchitecture().emulator);
    const bool isUsual = emulator.isEmpty() || emulator == usual;
    QString path = chosen;
    if (path.isEmpty())
        path = qEnvironmentVariable(isUsual ? qemuVariable : otherQemuVariable);
    const bool isOurs = path.isEmpty();
    if (isOurs)
        path = QCoreApplication::applicationDirPath() + u'/' + (isUsual ? usual : emulator);

    const QFileInfo info(path);
    const QString absolute = info.absoluteFilePath();
    if (!info.exists())
        return failure(
            u"qemu-missing"_s,
            isOurs && !isUsual
                ? u"The QEMU for aarch64 enclaves is made only when it is asked for. Run ./workbench build arm64 once."_s
                : u"There is no QEMU at this place."_s,
            absolute);
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
