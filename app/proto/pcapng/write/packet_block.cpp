// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/proto/pcapng/write/packet_block.hpp"

#include "qemu-machine/capture/core/block_buffer.hpp"
#include "qemu-machine/capture/core/format.h"

namespace nitroscope::pcapng {

namespace {

QByteArrayView viewOf(capture::Bytes bytes) {
    return {reinterpret_cast<const char *>(bytes.data()), static_cast<qsizetype>(bytes.size())};
}

} // namespace

QByteArray packetBlock(quint32 interface, qint64 hostNs, std::optional<qint64> virtualNs,
                       QByteArrayView data) {
    capture::BlockBuffer<128> options;
    if (virtualNs) {
        capture::BlockBuffer<NITRO_CAPTURE_OPTION_BYTES> own;
        own.u32(NITRO_CAPTURE_PEN);
        own.u32(NITRO_CAPTURE_OPTION_MAGIC);
        own.u8(NITRO_CAPTURE_VERSION);
        own.u8(NITRO_CAPTURE_PASSED);
        own.u16(0);
        own.u32(0); // rule
        own.u64(0); // flow
        own.u64(static_cast<quint64>(*virtualNs));
        options.option(option::customBytes, own.bytes());
        options.endOptions();
    }
    const auto captured = static_cast<quint32>(data.size());
    const auto padding = static_cast<quint32>(padded(captured)) - captured;
    const auto blockBytes =
        static_cast<quint32>(blockMinimumBytes + enhancedPacketBytes + options.size()) + captured + padding;
    capture::BlockBuffer<blockHeadBytes + enhancedPacketBytes> head;
    head.u32(blockType::enhancedPacket);
    head.u32(blockBytes);
    head.u32(interface);
    head.u32(static_cast<quint32>(static_cast<quint64>(hostNs) >> 32));
    head.u32(static_cast<quint32>(hostNs));
    head.u32(captured);
    head.u32(captured); // original
    capture::BlockBuffer<blockTrailerBytes> tail;
    tail.u32(blockBytes);
    QByteArray block;
    block.reserve(blockBytes);
    block += viewOf(head.bytes());
    block += data;
    block.append(qsizetype(padding), '\0');
    block += viewOf(options.bytes());
    block += viewOf(tail.bytes());
    return block;
}

} // namespace nitroscope::pcapng
