// SPDX-License-Identifier: GPL-2.0-or-later
//
// Framing of the GDB remote serial protocol (GDB manual, appendix E "Remote Protocol", section Overview).
//
// On the wire there are packets `$payload#cc`, notifications `%payload#cc`, the acknowledgements `+` and `-`,
// and the lone byte 0x03 that interrupts the target; cc is the payload's sum modulo 256 in two hex digits.
// Payload bytes that would end a packet come as `}` and the byte xor 0x20. What a stub says may also be
// run-length encoded (`0*"` is four zeroes); what a debugger says never is, and there `*` is an ordinary
// byte.
#pragma once

#include "app/core/result.hpp"

#include <QByteArray>
#include <vector>

namespace nitroscope::rsp {

// Who wrote the stream.
enum class Writer { stub, debugger };

struct Item {
    enum class Kind { packet, notification, acknowledgement, retransmission, interrupt };
    Kind kind = Kind::packet;
    QByteArray payload; // decoded; empty for the last three kinds
    quint64 offset = 0; // of the item's first byte, counted from the start of the stream

    bool operator==(const Item &) const = default;
};

class Framer {
public:
    // QEMU says PacketSize=1000 (hex); a monitor command's answer comes in pieces of that size, too.
    static constexpr qsizetype defaultLongestPacket = 64 * 1024;

    explicit Framer(Writer writer, qsizetype longestPacket = defaultLongestPacket)
        : m_writer(writer), m_longestPacket(longestPacket) {}

    // What `bytes` completes, in order. Errors, each with the offset of the first byte concerned:
    // rsp-garbage (bytes outside packets, once per run of them), rsp-checksum (the peer should send again),
    // rsp-encoding, rsp-too-long (longer than longestPacket before or after decoding; skipped to its end).
    std::vector<app::Result<Item>> feed(const QByteArray &bytes);

    quint64 position() const { return m_position; }

private:
    enum class State { outside, payload, firstDigit, secondDigit };

    void feedOutside(char byte, std::vector<app::Result<Item>> &items);
    void begin(Item::Kind kind);
    app::Result<Item> finish(char secondDigit) const;

    Writer m_writer;
    qsizetype m_longestPacket;
    State m_state = State::outside;
    Item::Kind m_kind = Item::Kind::packet;
    QByteArray m_raw;   // the payload as it came
    unsigned m_sum = 0; // of all payload bytes, also of those not kept
    bool m_tooLong = false;
    bool m_inGarbage = false; // this run of garbage has been reported
    char m_firstDigit = 0;
    quint64 m_start = 0; // offset of the packet's first byte
    quint64 m_position = 0;
};

// A whole packet with escapes and checksum. `*` is escaped as well, which is always allowed and is needed in
// what a stub says; nothing is run-length encoded.
QByteArray encodePacket(const QByteArray &payload);

// Undoes escapes and, for a stub's payload, run lengths. Errors: rsp-encoding (offset in `raw`),
// rsp-too-long.
app::Result<QByteArray> decodePayload(const QByteArray &raw, Writer writer, qsizetype longest);

} // namespace nitroscope::rsp
