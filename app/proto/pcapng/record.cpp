// SPDX-License-Identifier: GPL-2.0-or-later
//
// See record.hpp.
#include "app/proto/pcapng/record.hpp"

#include "nsm-device/core/nsm.h"

namespace nitroscope::pcapng {

QString nameOf(Source source) {
    switch (source) {
    case Source::vsock:
        return QStringLiteral(NITRO_CAPTURE_NAME_VSOCK);
    case Source::nsm:
        return QStringLiteral(NITRO_CAPTURE_NAME_NSM);
    case Source::console:
        return QStringLiteral(NITRO_CAPTURE_NAME_CONSOLE);
    case Source::machine:
        return QStringLiteral(NITRO_CAPTURE_NAME_MACHINE);
    case Source::guest:
        return QStringLiteral(NITRO_CAPTURE_NAME_GUEST);
    case Source::foreign:
        break;
    }
    return QStringLiteral("foreign");
}

QString nameOf(Direction direction) {
    switch (direction) {
    case Direction::inbound:
        return QStringLiteral("in");
    case Direction::outbound:
        return QStringLiteral("out");
    case Direction::none:
        break;
    }
    return QStringLiteral("none");
}

QString nameOf(Verdict verdict) {
    switch (verdict) {
    case Verdict::passed:
        return QStringLiteral("passed");
    case Verdict::delayed:
        return QStringLiteral("delayed");
    case Verdict::dropped:
        return QStringLiteral("dropped");
    case Verdict::changed:
        return QStringLiteral("changed");
    case Verdict::refused:
        return QStringLiteral("refused");
    case Verdict::malformed:
        return QStringLiteral("malformed");
    }
    return QStringLiteral("verdict-%1").arg(static_cast<int>(verdict));
}

// VirtIO 1.2 §5.10.6.5, without its prefix VIRTIO_VSOCK_OP_.
QString VsockRecord::operationName() const {
    static const char *const names[] = {"INVALID",  "REQUEST", "RESPONSE",      "RST",
                                        "SHUTDOWN", "RW",      "CREDIT_UPDATE", "CREDIT_REQUEST"};
    if (operation < std::size(names))
        return QLatin1String(names[operation]);
    return QStringLiteral("OP_%1").arg(operation);
}

QString nsmKindName(int kind) {
    return QString::fromLatin1(nsm_request_name(static_cast<NsmRequestKind>(kind)));
}

QString nsmResultName(int result) {
    return QString::fromLatin1(nsm_error_name(static_cast<NsmError>(result)));
}

} // namespace nitroscope::pcapng
