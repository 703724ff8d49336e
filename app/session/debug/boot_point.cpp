// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/session/debug/boot_point.hpp"

namespace nitroscope::app {

const QVector<BootPointName> &bootPointNames() {
    static const QVector<BootPointName> names{
        {BootPoint::reset, "reset", "Reset vector"},
        {BootPoint::firmwareEntry, "firmware", "Firmware in 64-bit mode"},
        {BootPoint::kernelEntry, "kernel-entry", "Kernel entry"},
        {BootPoint::kernelUnpacked, "unpacked", "Kernel unpacked"},
        {BootPoint::startKernel, "start-kernel", "start_kernel"},
        {BootPoint::initcallLevel, "initcall", "Next initcall level"},
        {BootPoint::initFirst, "init", "First instruction of init"},
        {BootPoint::applicationFirst, "application", "First instruction of the application"},
        {BootPoint::nsmRequest, "nsm", "NSM request"},
        {BootPoint::vsockPacket, "vsock", "vsock packet"},
    };
    return names;
}

std::optional<BootPoint> bootPointOf(const QString &word) {
    for (const BootPointName &name : bootPointNames())
        if (word == QLatin1String(name.word))
            return name.point;
    return std::nullopt;
}

QString bootPointTitle(BootPoint point) {
    for (const BootPointName &name : bootPointNames())
        if (name.point == point)
            return QString::fromLatin1(name.title);
    return {};
}

} // namespace nitroscope::app
