// SPDX-License-Identifier: GPL-2.0-or-later
#include "qemu-machine/vsock/host/recorded_host.hpp"

#include "qemu-machine/vsock/core/packet.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace nitroscope::vsock {

// ------------------------------------------------------------------------------------------ the core's end

RecordedEnd::~RecordedEnd() {
    if (!m_closed)
        close(Close::abort, Reason::hostClosed);
    m_host.m_ends.erase(m_id);
}

Outside *RecordedEnd::outside() const {
    const auto found = m_host.m_outside.find(m_id);
    return found == m_host.m_outside.end() ? nullptr : found->second.get();
}

void RecordedEnd::take(RecordedEvent kind, EventReader &in) {
    if (m_events == nullptr)
        return;
    switch (kind) {
    case RecordedEvent::describe: {
        PeerInfo peer;
        peer.pid = in.number<std::int64_t>();
        peer.description = in.text();
        return m_events->describe(std::move(peer));
    }
    case RecordedEvent::connected:
        return m_events->connected();
    case RecordedEvent::failed:
        return m_events->failed(static_cast<Reason>(in.number<std::uint32_t>()));
    case RecordedEvent::gone:
        return m_events->gone(static_cast<Reason>(in.number<std::uint32_t>()));
    case RecordedEvent::bytes: {
        const bool endsMessage = in.number<std::uint8_t>() != 0;
        const Bytes bytes = in.rest();
        if (!bytes.empty())
            m_input.push_back({{bytes.begin(), bytes.end()}, 0, endsMessage});
        return m_events->readable();
    }
    case RecordedEvent::ended: {
        const auto status = static_cast<ReadStatus>(in.number<std::uint8_t>());
        m_inputEnd =
            status == ReadStatus::endOfData || status == ReadStatus::closed ? status : ReadStatus::reset;
        return m_events->readable();
    }
    case RecordedEvent::taken:
        m_waiting -= std::min<std::size_t>(in.number<std::uint32_t>(), m_waiting);
        if (std::exchange(m_refused, false))
            m_events->writable();
        return;
    case RecordedEvent::writeEnded:
        m_writeEnd = in.number<std::uint8_t>() == static_cast<std::uint8_t>(WriteStatus::receiveClosed)
                         ? WriteStatus::receiveClosed
                         : WriteStatus::reset;
        m_waiting = 0;
        return m_events->writable();
    case RecordedEvent::open:
        return;
    }
}

ReadResult RecordedEnd::read(std::span<const WritableBytes> pieces) {
    ReadResult result;
    for (const WritableBytes piece : pieces) {
        std::size_t filled = 0;
        while (filled < piece.size() && !m_input.empty() && !result.endOfMessage) {
            Piece &first = m_input.front();
            const std::size_t size = std::min(piece.size() - filled, first.bytes.size() - first.done);
            std::memcpy(piece.data() + filled, first.bytes.data() + first.done, size);
            filled += size;
            first.done += size;
            if (first.done == first.bytes.size()) {
                result.endOfMessage = first.endsMessage;
                m_input.pop_front();
            }
        }
        result.bytes += filled;
    }
    if (result.bytes != 0) {
        result.status = ReadStatus::more;
        if (Outside *host = outside()) {
            host->consumed(result.bytes);
            m_host.settle();
        }
    } else if (m_input.empty()) {
        result.status = m_inputEnd.value_or(ReadStatus::wouldBlock);
    } else {
        result.status = ReadStatus::more; // there was no room
    }
    return result;
}

WriteResult RecordedEnd::write(std::span<const Bytes> pieces) {
    if (m_writeEnd)
        return {*m_writeEnd, 0};
    const std::size_t offered = totalBytes(pieces);
    const bool stream = m_kind == Kind::stream;
    const std::size_t room = recordedWindow - std::min(recordedWindow, m_waiting);
    const std::size_t size = stream                              ? std::min(offered, room)
                             : offered <= room || m_waiting == 0 ? offered
                                                                 : 0;
    m_refused = size < offered;
    m_waiting += size;
    if (Outside *host = outside(); host != nullptr && size != 0) {
        host->write(pieces, size);
        m_host.settle();
    }
    return {WriteStatus::taken, size};
}

void RecordedEnd::endOfGuestData() {
    if (Outside *host = outside()) {
        host->endOfGuestData();
        m_host.settle();
    }
}

void RecordedEnd::guestStoppedReading() {
    if (Outside *host = outside()) {
        host->guestStoppedReading();
        m_host.settle();
    }
}

void RecordedEnd::accepted() {
    if (Outside *host = outside()) {
        host->accepted();
        m_host.settle();
    }
}

void RecordedEnd::close(Close how, Reason reason) {
    m_closed = true;
    if (Outside *host = outside()) {
        host->close(how, reason);
        m_host.settle();
    }
}

// ------------------------------------------------------------------------------------------ the host's end

void Outside::log(RecordedEvent kind, std::span<const std::uint64_t> numbers,
                  std::span<const std::uint8_t> sizes, Bytes tail) {
    std::vector<std::byte> event{static_cast<std::byte>(kind)};
    const auto put = [&event](std::uint64_t value, std::size_t size) {
        for (std::size_t i = 0; i < size; ++i)
            event.push_back(static_cast<std::byte>(value >> (8 * i)));
    };
    put(m_id, sizeof m_id);
    for (std::size_t i = 0; i < numbers.size(); ++i)
        put(numbers[i], sizes[i]);
    event.insert(event.end(), tail.begin(), tail.end());
    m_host.m_log(event);
}

bool Outside::settle() {
    const auto say = [this](RecordedEvent kind, std::uint64_t number, std::uint8_t size, Bytes tail = {}) {
        log(kind, {&number, 1}, {&size, 1}, tail);
    };
    if (const auto peer = std::exchange(m_peer, std::nullopt))
        say(RecordedEvent::describe, static_cast<std::uint64_t>(peer->pid), 8,
            std::as_bytes(std::span(peer->description)));
    if (std::exchange(m_connected, false)) {
        log(RecordedEvent::connected, {}, {}, {});
        m_reading = m_readable = true;
    }
    if (const Reason reason = std::exchange(m_failure, Reason::none); reason != Reason::none)
        say(RecordedEvent::failed, static_cast<std::uint64_t>(reason), 4);
    if (std::exchange(m_writable, false) || (m_endDue && m_toHost.empty()))
        push();
    if (std::exchange(m_readable, false) || m_gone != Reason::none)
        pull();
    // The core looks for what came before only as long as there is something to look for.
    if (m_gone != Reason::none && (!m_reading || m_gone == Reason::hostReset))
        say(RecordedEvent::gone, static_cast<std::uint64_t>(std::exchange(m_gone, Reason::none)), 4);
    if (!m_close ||
        (m_close->first == Close::orderly && m_end != nullptr && !m_toHost.empty() && !m_writeEnded))
        return true;
    if (m_end != nullptr)
        m_end->close(m_close->first, m_close->second);
    return false;
}

// From the host, as much as the core may have under way.
void Outside::pull() {
    std::vector<std::byte> buffer(recordedRead);
    while (m_end != nullptr && m_reading && !m_close && m_underWay < recordedWindow) {
        const WritableBytes piece(buffer);
        const ReadResult result = m_end->read({&piece, 1});
        if (result.bytes != 0) {
            const std::uint64_t ends = result.endOfMessage ? 1 : 0;
            const std::uint8_t size = 1;
            log(RecordedEvent::bytes, {&ends, 1}, {&size, 1}, Bytes(buffer).first(result.bytes));
            m_underWay += result.bytes;
        }
        if (result.status == ReadStatus::wouldBlock)
            return;
        if (result.status != ReadStatus::more) {
            const auto status = static_cast<std::uint64_t>(result.status);
            const std::uint8_t size = 1;
            log(RecordedEvent::ended, {&status, 1}, {&size, 1}, {});
            m_reading = false;
        }
    }
    m_readable = m_readable || (m_reading && m_underWay >= recordedWindow);
}

void Outside::push() {
    std::uint64_t taken = 0;
    while (m_end != nullptr && !m_toHost.empty() && !m_writeEnded) {
        const std::size_t offered = m_kind == Kind::stream ? m_toHost.size() : m_messages.front();
        const auto parts = m_toHost.front(offered);
        const WriteResult result = m_end->write(std::span(parts).first(parts[1].empty() ? 1 : 2));
        const std::size_t bytes = std::min(result.bytes, offered);
        m_toHost.drop(bytes);
        taken += bytes;
        if (bytes == offered && m_kind != Kind::stream)
            m_messages.pop();
        if (result.status == WriteStatus::tooLong) {
            m_failure = Reason::messageTooLong;
            m_writeEnded = true;
        } else if (result.status != WriteStatus::taken) {
            const auto status = static_cast<std::uint64_t>(result.status);
            const std::uint8_t size = 1;
            log(RecordedEvent::writeEnded, {&status, 1}, {&size, 1}, {});
            m_writeEnded = true;
        } else if (bytes < offered) {
            break; // writable() will come
        }
    }
    if (taken != 0) {
        const std::uint8_t size = 4;
        log(RecordedEvent::taken, {&taken, 1}, {&size, 1}, {});
    }
    if (m_end != nullptr && m_toHost.empty() && !m_writeEnded && std::exchange(m_endDue, false))
        m_end->endOfGuestData();
}

void Outside::write(std::span<const Bytes> pieces, std::size_t size) {
    if (m_kind != Kind::stream)
        m_messages.push(static_cast<std::uint32_t>(size));
    for (const Bytes piece : pieces) {
        const Bytes part = piece.first(std::min(piece.size(), size));
        m_toHost.append(part);
        size -= part.size();
    }
    m_writable = true;
}

void Outside::consumed(std::size_t bytes) {
    m_underWay -= std::min(bytes, m_underWay);
    m_readable = m_readable || m_reading;
}

void Outside::guestStoppedReading() {
    if (m_end != nullptr)
        m_end->guestStoppedReading();
}

void Outside::accepted() {
    if (m_end != nullptr)
        m_end->accepted();
    m_reading = m_readable = true;
}

void Outside::close(Close how, Reason reason) {
    m_close = {how, reason};
    if (how == Close::orderly)
        m_writable = true;
}

} // namespace nitroscope::vsock
