// SPDX-License-Identifier: GPL-2.0-or-later
#include "qemu-machine/vsock/host/services.hpp"

#include <algorithm>
#include <array>
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
    return defaultBufferBytes - std::min<std::size_t>(m_answers.size(), defaultBufferBytes);
}

void ServiceEnd::answer(std::span<const Bytes> pieces, std::size_t size) {
    std::size_t left = size;
    for (const Bytes &piece : pieces) {
        const std::size_t count = std::min(piece.size(), left);
        m_answers.append(piece.first(count));
        left -= count;
    }
    if (m_kind == Kind::seqpacket)
        m_lengths.push(static_cast<std::uint32_t>(size));
    if (std::exchange(m_readWanted, false))
        m_events.readable();
}

ReadResult ServiceEnd::read(std::span<const WritableBytes> pieces) {
    ReadResult result{ReadStatus::more, 0, false};
    const bool messages = m_kind == Kind::seqpacket && !m_lengths.empty();
    std::size_t left = messages ? m_lengths.front() - m_done : m_answers.size();
    for (const WritableBytes &piece : pieces) {
        const std::size_t count = m_answers.take(piece.first(std::min(piece.size(), left)));
        left -= count;
        result.bytes += count;
    }
    if (messages) {
        m_done += result.bytes;
        if (left == 0) {
            m_lengths.pop();
            m_done = 0;
            result.endOfMessage = true;
        }
    }
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
    m_lengths.clear();
    m_done = 0;
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
    answer(pieces, count);
    return {WriteStatus::taken, count};
}

void HeartbeatEnd::answerWith(std::byte reply) {
    const std::array<Bytes, 1> pieces{Bytes(&reply, 1)};
    answer(pieces, 1);
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
            answerWith(reply);
        });
    else
        answerWith(reply);
    return {WriteStatus::taken, size};
}

} // namespace nitroscope::vsock
