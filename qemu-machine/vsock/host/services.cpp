// SPDX-License-Identifier: GPL-2.0-or-later
#include "qemu-machine/vsock/host/services.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace nitroscope::vsock {
namespace {

std::size_t sizeOf(std::span<const Bytes> pieces) {
    std::size_t size = 0;
    for (const Bytes &piece : pieces)
        size += piece.size();
    return size;
}

} // namespace

std::size_t ServiceEnd::room() const {
    return defaultBufferBytes - std::min<std::size_t>(m_held, defaultBufferBytes);
}

void ServiceEnd::answer(std::vector<std::byte> bytes) {
    m_held += bytes.size();
    m_answers.push_back(std::move(bytes));
    if (std::exchange(m_readWanted, false))
        m_events.readable();
}

ReadResult ServiceEnd::read(std::span<const WritableBytes> pieces) {
    ReadResult result{ReadStatus::more, 0, false};
    for (const WritableBytes &piece : pieces) {
        std::size_t at = 0;
        while (at < piece.size() && !m_answers.empty() && !result.endOfMessage) {
            const auto &first = m_answers.front();
            const std::size_t count = std::min(piece.size() - at, first.size() - m_done);
            std::memcpy(piece.data() + at, first.data() + m_done, count);
            at += count;
            m_done += count;
            if (m_done < first.size())
                continue;
            m_answers.pop_front();
            m_done = 0;
            result.endOfMessage = m_kind == Kind::seqpacket;
        }
        result.bytes += at;
    }
    m_held -= result.bytes;
    if (result.bytes > 0) {
        if (std::exchange(m_writeWanted, false))
            m_events.writable();
        return result;
    }
    if (!m_answers.empty())
        return result; // there was no room
    if (m_ended && !std::exchange(m_endTold, true))
        return {ReadStatus::endOfData, 0, false};
    m_readWanted = !m_endTold;
    return {ReadStatus::wouldBlock, 0, false};
}

void ServiceEnd::endOfGuestData() {
    m_ended = true;
    if (std::exchange(m_readWanted, false))
        m_events.readable();
}

void ServiceEnd::guestStoppedReading() {
    m_answers.clear();
    m_done = m_held = 0;
    if (std::exchange(m_writeWanted, false))
        m_events.writable();
}

WriteResult EchoEnd::write(std::span<const Bytes> pieces) {
    const std::size_t size = sizeOf(pieces);
    if (m_kind == Kind::seqpacket && size > defaultBufferBytes)
        return {WriteStatus::tooLong, 0};
    std::size_t count = std::min(size, room());
    if (m_kind == Kind::seqpacket && count < size)
        count = 0;
    m_writeWanted = count < size;
    if (count == 0)
        return {WriteStatus::taken, 0};
    std::vector<std::byte> bytes;
    bytes.reserve(count);
    for (const Bytes &piece : pieces)
        bytes.insert(bytes.end(), piece.begin(),
                     piece.begin() +
                         static_cast<std::ptrdiff_t>(std::min(piece.size(), count - bytes.size())));
    answer(std::move(bytes));
    return {WriteStatus::taken, count};
}

// The first byte is answered, whatever it is: an init that sends something else is for its author to debug,
// and the packet shows what it sent.
WriteResult HeartbeatEnd::write(std::span<const Bytes> pieces) {
    const std::size_t size = sizeOf(pieces);
    if (size == 0 || std::exchange(m_isAnswered, true))
        return {WriteStatus::taken, size};
    const std::byte reply = m_mode == HeartbeatMode::wrong ? ~heartbeatByte : heartbeatByte;
    if (m_mode == HeartbeatMode::delay)
        m_timer = m_timers.start(m_delayNs, [this, reply] {
            m_timer = 0;
            answer({reply});
        });
    else
        answer({reply});
    return {WriteStatus::taken, size};
}

} // namespace nitroscope::vsock
