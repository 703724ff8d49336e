// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/proto/rsp/framing.hpp"

#include "app/proto/rsp/hex.hpp"

#include <array>

namespace nitroscope::rsp {

using namespace Qt::Literals::StringLiterals;
namespace {

constexpr char escape = '}';
constexpr char escapeMask = 0x20;
constexpr char interruptByte = 0x03;
constexpr int runLengthBias = 29; // `* ` (32) stands for three more

app::Error error(const char *code, const QString &message, quint64 offset) {
    return {QString::fromLatin1(code), message, offset, {}};
}

} // namespace

app::Result<QByteArray> decodePayload(const QByteArray &raw, Writer writer, qsizetype longest) {
    QByteArray payload;
    payload.reserve(qMin(raw.size(), longest));
    for (qsizetype i = 0; i < raw.size(); ++i) {
        qsizetype count = 1;
        char byte = raw[i];
        if (byte == escape) {
            if (++i == raw.size())
                return tl::unexpected(
                    error("rsp-encoding", u"The packet ends inside an escape sequence."_s, quint64(i - 1)));
            byte = char(raw[i] ^ escapeMask);
        } else if (byte == '*' && writer == Writer::stub) {
            const int length = i + 1 < raw.size() ? static_cast<unsigned char>(raw[i + 1]) : 0;
            if (payload.isEmpty() || length < 32 || length > 126)
                return tl::unexpected(
                    error("rsp-encoding", u"The packet has an impossible run length."_s, quint64(i)));
            ++i;
            count = length - runLengthBias;
            byte = payload.back();
        }
        if (payload.size() + count > longest)
            return tl::unexpected(
                error("rsp-too-long", u"The packet has more than %1 bytes."_s.arg(longest), quint64(i)));
        payload.append(count, byte);
    }
    return payload;
}

QByteArray encodePacket(const QByteArray &payload) {
    QByteArray packet;
    packet.reserve(payload.size() + 4);
    packet += '$';
    unsigned sum = 0;
    const auto put = [&](char byte) {
        packet += byte;
        sum += static_cast<unsigned char>(byte);
    };
    for (const char byte : payload) {
        if (byte == '$' || byte == '#' || byte == '*' || byte == escape) {
            put(escape);
            put(char(byte ^ escapeMask));
        } else {
            put(byte);
        }
    }
    static constexpr std::array digits{'0', '1', '2', '3', '4', '5', '6', '7',
                                       '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'};
    packet += '#';
    packet += digits[sum >> 4 & 15];
    packet += digits[sum & 15];
    return packet;
}

std::vector<app::Result<Item>> Framer::feed(const QByteArray &bytes) {
    std::vector<app::Result<Item>> items;
    for (const char byte : bytes) {
        switch (m_state) {
        case State::outside:
            feedOutside(byte, items);
            break;
        case State::payload:
            if (byte == '#') {
                m_state = State::firstDigit;
            } else if (byte == '$') {
                // The rest of the last packet was lost; this one is whole.
                items.push_back(tl::unexpected(
                    error("rsp-garbage", u"A packet began inside another packet."_s, m_start)));
                begin(Item::Kind::packet);
            } else {
                m_sum += static_cast<unsigned char>(byte);
                if (m_raw.size() < 2 * m_longestPacket) // escapes at most double a payload
                    m_raw += byte;
                else
                    m_tooLong = true;
            }
            break;
        case State::firstDigit:
            m_firstDigit = byte;
            m_state = State::secondDigit;
            break;
        case State::secondDigit:
            items.push_back(finish(byte));
            m_state = State::outside;
            m_raw.clear();
            break;
        }
        ++m_position;
    }
    return items;
}

void Framer::feedOutside(char byte, std::vector<app::Result<Item>> &items) {
    const auto lone = [&](Item::Kind kind) { items.push_back(Item{kind, {}, m_position}); };
    const bool wasInGarbage = std::exchange(m_inGarbage, false);
    if (byte == '$') {
        begin(Item::Kind::packet);
    } else if (byte == '%' && m_writer == Writer::stub) {
        begin(Item::Kind::notification);
    } else if (byte == '+') {
        lone(Item::Kind::acknowledgement);
    } else if (byte == '-') {
        lone(Item::Kind::retransmission);
    } else if (byte == interruptByte && m_writer == Writer::debugger) {
        lone(Item::Kind::interrupt);
    } else {
        m_inGarbage = true;
        if (!wasInGarbage)
            items.push_back(
                tl::unexpected(error("rsp-garbage", u"There are bytes outside packets."_s, m_position)));
    }
}

void Framer::begin(Item::Kind kind) {
    m_state = State::payload;
    m_kind = kind;
    m_raw.clear();
    m_sum = 0;
    m_tooLong = false;
    m_start = m_position;
}

app::Result<Item> Framer::finish(char secondDigit) const {
    const int high = hexDigitValue(m_firstDigit), low = hexDigitValue(secondDigit);
    if (high < 0 || low < 0 || unsigned(high * 16 + low) != (m_sum & 0xff))
        return tl::unexpected(error("rsp-checksum", u"A packet has a wrong checksum."_s, m_start));
    if (m_tooLong)
        return tl::unexpected(
            error("rsp-too-long", u"A packet has more than %1 bytes."_s.arg(m_longestPacket), m_start));
    auto payload = decodePayload(m_raw, m_writer, m_longestPacket);
    if (!payload) {
        app::Error problem = payload.error();
        problem.offset = m_start + 1 + problem.offset.value_or(0);
        return tl::unexpected(problem);
    }
    return Item{m_kind, *std::move(payload), m_start};
}

} // namespace nitroscope::rsp
