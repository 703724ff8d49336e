// SPDX-License-Identifier: GPL-2.0-or-later
//
// The receiving and sending half of a Linux guest's virtio socket, as net/vmw_vsock/virtio_transport_common.c
// keeps its books, in the variants that are in the field (they differ in what a queued packet costs).
#pragma once

#include "tests/unit/vsock-core/bench_host.hpp"

namespace nitroscope::vsock::test {

enum class Books {
    bytesOnly,     // before 6.12.92: buf_used + len <= buf_alloc, else the packet is lost
    taxedTogether, // 6.12.92: (packets + 1) * 576 + buf_used + len <= buf_alloc, else the packet is lost
    taxedApart     // 6.12.94: bytes and packets each within buf_alloc, else RST and ENOBUFS
};

class ModelSocket {
public:
    ModelSocket(Books books, std::uint32_t bufAlloc, std::uint32_t port)
        : m_books(books), m_bufAlloc(bufAlloc), m_port(port) {}

    // A packet of the device. False: lost, or an end that nobody asked for.
    bool receive(const Packet &packet) {
        m_peerAlloc = packet.header.bufAlloc;
        m_peerForward = packet.header.fwdCnt;
        switch (packet.header.op) {
        case Op::response:
            m_open = true;
            return true;
        case Op::creditRequest:
            m_owesUpdate = true;
            return true;
        case Op::creditUpdate:
            return true;
        case Op::rw:
            return enqueue(packet.payload);
        default:
            return false;
        }
    }

    // The program reads up to so many bytes.
    std::string read(std::size_t limit) {
        std::string data;
        while (data.size() < limit && !m_queue.empty()) {
            Buffer &buffer = m_queue.front();
            const std::size_t count = std::min(limit - data.size(), buffer.data.size() - buffer.read);
            data.append(buffer.data, buffer.read, count);
            buffer.read += count;
            m_rxBytes -= count;
            if (buffer.read == buffer.data.size()) { // counted when the whole buffer is consumed
                m_used -= buffer.data.size();
                m_forward += static_cast<std::uint32_t>(buffer.data.size());
                m_queue.pop_front();
            }
        }
        const std::uint32_t freeSpace = m_bufAlloc - (m_forward - m_lastForward);
        if (m_forward != m_lastForward && (freeSpace < 64 * 1024 || m_rxBytes < 1))
            m_owesUpdate = true;
        return data;
    }

    std::size_t sendRoom() const {
        if (!m_open)
            return 0;
        const auto under = static_cast<std::int64_t>(m_sent - m_peerForward);
        return static_cast<std::size_t>(
            std::max<std::int64_t>(0, std::int64_t{std::min(m_peerAlloc, m_bufAlloc)} - under));
    }
    Header header(Op op) {
        Header h;
        h.source = {16, m_port};
        h.destination = {parentCid, 8000};
        h.type = 1;
        h.op = op;
        h.bufAlloc = m_bufAlloc;
        h.fwdCnt = m_lastForward = m_forward;
        m_owesUpdate = false;
        return h;
    }
    Header dataHeader(std::size_t size) {
        m_sent += static_cast<std::uint32_t>(size);
        return header(Op::rw);
    }
    bool owesUpdate() const { return m_owesUpdate; }
    bool open() const { return m_open; }
    std::size_t queued() const { return m_rxBytes; }

private:
    struct Buffer {
        std::string data;
        std::size_t read = 0;
    };

    bool enqueue(const std::string &payload) {
        const std::uint64_t overhead = (m_queue.size() + 1) * std::uint64_t{576};
        const std::uint64_t bytes = m_used + payload.size();
        if (m_books == Books::bytesOnly && bytes > m_bufAlloc)
            return false;
        if (m_books == Books::taxedTogether && overhead + bytes > m_bufAlloc)
            return false;
        if (m_books == Books::taxedApart && (bytes > m_bufAlloc || overhead > m_bufAlloc))
            return false;
        m_used += payload.size();
        m_rxBytes += payload.size();
        // Small packets go into the room behind the last one.
        if (!m_queue.empty() && payload.size() <= 128 && m_queue.back().data.size() + payload.size() <= 4096)
            m_queue.back().data += payload;
        else
            m_queue.push_back({payload, 0});
        return true;
    }

    Books m_books;
    std::uint32_t m_bufAlloc, m_port;
    std::deque<Buffer> m_queue;
    std::uint64_t m_used = 0, m_rxBytes = 0;
    std::uint32_t m_forward = 0, m_lastForward = 0, m_sent = 0, m_peerAlloc = 0, m_peerForward = 0;
    bool m_open = false, m_owesUpdate = false;
};

} // namespace nitroscope::vsock::test
