// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/session/launch/kvm_access.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <QFile>
#include <unistd.h>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;

Result<void> checkKvm(const QString &device) {
    // writer-ok: opened as QEMU does, and nothing is written
    const int descriptor = ::open(QFile::encodeName(device).constData(), O_RDWR | O_CLOEXEC);
    if (descriptor >= 0) {
        close(descriptor);
        return {};
    }
    const int error = errno;
    const auto because = [&device](const QString &why) {
        return failure(u"no-kvm"_s, u"KVM cannot be used: "_s + why, device);
    };
    if (error == ENOENT || error == ENODEV || error == ENXIO)
        return because(
            u"this computer does not offer it. Load the kernel's module for it, or run the enclave "
            "with --accel tcg."_s);
    if (error == EACCES || error == EPERM)
        return because(u"you may not open it. Join the group kvm, or run the enclave with --accel tcg."_s);
    return because(
        u"%1. Run the enclave with --accel tcg."_s.arg(QString::fromLocal8Bit(std::strerror(error))));
}

} // namespace nitroscope::app
