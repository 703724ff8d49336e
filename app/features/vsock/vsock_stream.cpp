// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/features/vsock/vsock_stream.hpp"

#include "app/core/output/file_writer.hpp"

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;
namespace {

bool isOfStream(const VsockPacket &packet, int flow) {
    return packet.flow == flow && packet.operation == VSOCK_OP_RW &&
           packet.verdict != pcapng::Verdict::dropped;
}

} // namespace

QByteArray StreamReader::payload(const VsockPacket &packet, const CaptureBytes &bytes) {
    return packet.payloadKept > 0 ? bytes.read(packet.payloadOffset, packet.payloadKept) : QByteArray();
}

std::vector<StreamPiece> StreamReader::read(const VsockAccount &account, const CaptureBytes &bytes, int flow,
                                            size_t from, quint64 limit, size_t *next) {
    std::vector<StreamPiece> pieces;
    const auto &packets = account.packets();
    quint64 taken = 0;
    size_t at = from;
    for (; at < packets.size(); ++at) {
        const VsockPacket &packet = packets[at];
        if (!isOfStream(packet, flow))
            continue;
        if (taken + packet.payloadKept > limit)
            break;
        StreamPiece piece;
        piece.packet = static_cast<int>(at);
        piece.fromGuest = packet.fromGuest;
        piece.offset = packet.streamOffset;
        piece.bytes = payload(packet, bytes);
        const auto kept = static_cast<quint32>(piece.bytes.size());
        piece.missing = packet.length > kept ? packet.length - kept : 0;
        taken += kept;
        pieces.push_back(std::move(piece));
    }
    *next = at;
    return pieces;
}

StreamSource::StreamSource(const VsockAccount &account, std::shared_ptr<const CaptureBytes> bytes, int flow,
                           StreamDirection direction)
    : m_bytes(std::move(bytes)) {
    for (const VsockPacket &packet : account.packets()) {
        if (!isOfStream(packet, flow) || packet.payloadKept == 0 ||
            (direction != StreamDirection::both &&
             packet.fromGuest != (direction == StreamDirection::fromGuest)))
            continue;
        m_ranges.emplace_back(packet.payloadOffset, packet.payloadKept);
        m_size += packet.payloadKept;
    }
}

QByteArray StreamSource::read() const {
    QByteArray all;
    for (const auto &[offset, length] : m_ranges)
        all += m_bytes->read(offset, length);
    return all;
}

Result<void> StreamSource::save(const QString &path) const {
    FileWriter file(path);
    if (auto started = file.start(); !started)
        return started;
    for (const auto &[offset, length] : m_ranges) {
        const QByteArray part = m_bytes->read(offset, length);
        if (file.write(part) != part.size())
            return file.problem();
    }
    return file.commit();
}

} // namespace nitroscope::app
