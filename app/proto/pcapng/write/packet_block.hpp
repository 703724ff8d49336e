// SPDX-License-Identifier: GPL-2.0-or-later
//
// An Enhanced Packet Block (pcapng §4.3) with our options, for records that the app itself adds to a stream of QEMU's. What QEMU writes
// is put together in qemu-machine/capture/core.
#pragma once

#include <optional>
#include <QByteArray>

namespace nitroscope::pcapng {

// `hostNs`: since 1970-01-01 UTC; `virtualNs`: the guest's clock, left out when it is not known.
QByteArray packetBlock(quint32 interface, qint64 hostNs, std::optional<qint64> virtualNs,
                       QByteArrayView data);

} // namespace nitroscope::pcapng
