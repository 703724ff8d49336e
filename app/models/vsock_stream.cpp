// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/models/vsock_stream.hpp"

namespace nitroscope::app {

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
        if (packet.flow != flow || packet.operation != vsock_op::data ||
            packet.verdict == pcapng::Verdict::dropped)
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

QString readableText(const QByteArray &bytes) {
    QString text = QString::fromUtf8(bytes);
    text.replace(QLatin1String("\r\n"), QLatin1String("\n"));
    for (QChar &c : text)
        if ((c.unicode() < 0x20 && c != u'\n' && c != u'\t') || (c.unicode() >= 0x7f && c.unicode() < 0xa0))
            c = u'·';
    return text;
}

} // namespace nitroscope::app
