// SPDX-License-Identifier: GPL-2.0-or-later
//
// See record.hpp.
#include "app/proto/pcapng/record.hpp"

#include "qemu-machine/vsock/protocol/vsock_protocol.h"

namespace nitroscope::pcapng {

using namespace Qt::Literals::StringLiterals;

QString nameOf(Source source) {
    switch (source) {
#define PCAPNG_SOURCE_NAME(constant, enumerator, link, text)                                                 \
    case Source::enumerator:                                                                                 \
        return QStringLiteral(#enumerator);
        NITRO_CAPTURE_INTERFACE_LIST(PCAPNG_SOURCE_NAME)
#undef PCAPNG_SOURCE_NAME
    case Source::foreign:
        break;
    }
    return u"foreign"_s;
}

QString nameOf(Direction direction) {
    switch (direction) {
    case Direction::inbound:
        return u"in"_s;
    case Direction::outbound:
        return u"out"_s;
    case Direction::none:
        break;
    }
    return u"none"_s;
}

QString nameOf(Verdict verdict) {
    switch (verdict) {
#define PCAPNG_VERDICT_NAME(constant, enumerator)                                                            \
    case Verdict::enumerator:                                                                                \
        return QStringLiteral(#enumerator);
        NITRO_CAPTURE_VERDICT_LIST(PCAPNG_VERDICT_NAME)
#undef PCAPNG_VERDICT_NAME
    }
    return u"verdict-%1"_s.arg(static_cast<int>(verdict));
}

QString VsockRecord::operationName() const {
    switch (operation) {
#define PCAPNG_OPERATION_NAME(constant, enumerator, monitor)                                                 \
    case VSOCK_OP_##constant:                                                                                \
        return QStringLiteral(#constant);
        VSOCK_OP_LIST(PCAPNG_OPERATION_NAME)
#undef PCAPNG_OPERATION_NAME
    default:
        return u"OP_%1"_s.arg(operation);
    }
}

QString nsmKindName(int kind) {
    return QString::fromLatin1(nsm_request_name(static_cast<NsmRequestKind>(kind)));
}

QString nsmResultName(int result) {
    return QString::fromLatin1(nsm_error_name(static_cast<NsmError>(result)));
}

} // namespace nitroscope::pcapng
