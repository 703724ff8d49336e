// SPDX-License-Identifier: GPL-2.0-or-later
#include "qemu-machine/vsock/host/socket_end.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <sys/uio.h>

namespace nitroscope::vsock {
namespace {

constexpr size_t maxPieces = 64; // per system call; the rest comes with the next one

// Empty messages do not exist in vsock, and look like an end. So many in a row are taken for one.
constexpr int emptyMessageLimit = 64;

template <class Piece>
size_t vectorOf(std::span<const Piece> pieces, std::array<iovec, maxPieces> &vector) {
    const size_t count = std::min(pieces.size(), maxPieces);
    for (size_t i = 0; i < count; ++i)
        vector[i] = {const_cast<void *>(static_cast<const void *>(pieces[i].data())), pieces[i].size()};
    return count;
}

template <class Piece>
size_t sizeOf(std::span<const Piece> pieces) {
    size_t size = 0;
    for (const Piece &piece : pieces)
        size += piece.size();
    return size;
}

bool isTransient(int error) {
    return error == EAGAIN || error == EINTR || error == ENOBUFS || error == ENOMEM;
}

} // namespace

SocketEnd::SocketEnd(WatchedFd fd, Kind kind) {
    adopt(std::move(fd), kind);
}

void SocketEnd::adopt(WatchedFd fd, Kind kind) {
    m_fd = std::move(fd);
    m_kind = kind;
    enlargeBuffers(m_fd.get());
}

void SocketEnd::attach(FlowEvents &events) {
    m_events = &events;
    m_fd.watch([this](Readiness ready) { onReady(ready); });
}

// A watch stays on while data flows, which saves the loop a change per wakeup: it is only taken off when it
// fires and nobody is waiting for it.
void SocketEnd::onReady(Readiness ready) {
    Readiness interest = m_fd.interest();
    if (ready.read && !m_readWanted)
        interest.read = false;
    if (ready.write && !m_writeWanted)
        interest.write = false;
    m_fd.setInterest(interest);
    if (ready.read && std::exchange(m_readWanted, false))
        m_events->readable();
    if (ready.write && std::exchange(m_writeWanted, false))
        m_events->writable();
}

void SocketEnd::want(Readiness change) {
    m_readWanted = m_readWanted || change.read;
    m_writeWanted = m_writeWanted || change.write;
    const Readiness now = m_fd.interest();
    m_fd.setInterest({now.read || change.read, now.write || change.write});
}

ReadResult SocketEnd::endOfReading(int error) {
    m_readEnded = true;
    m_readWanted = false;
    m_fd.setInterest({false, m_fd.interest().write});
    if (error != 0)
        return {ReadStatus::reset, 0, false};
    return {isHungUp(m_fd.get()) ? ReadStatus::closed : ReadStatus::endOfData, 0, false};
}

ReadResult SocketEnd::read(std::span<const WritableBytes> pieces) {
    if (!m_fd || m_readEnded)
        return {ReadStatus::wouldBlock, 0, false};
    return m_kind == Kind::seqpacket ? readMessage(pieces) : readStream(pieces);
}

ReadResult SocketEnd::readStream(std::span<const WritableBytes> pieces) {
    std::array<iovec, maxPieces> vector;
    msghdr message{};
    message.msg_iov = vector.data();
    message.msg_iovlen = vectorOf(pieces, vector);
    size_t room = 0;
    for (size_t i = 0; i < message.msg_iovlen; ++i)
        room += vector[i].iov_len;
    if (room == 0)
        return {ReadStatus::more, 0, false};
    const ssize_t got = recvmsg(m_fd.get(), &message, MSG_DONTWAIT);
    if (got > 0 && static_cast<size_t>(got) == room)
        return {ReadStatus::more, room, false};
    if (got > 0 || (got < 0 && isTransient(errno))) {
        // Less than there was room for: the socket is empty, and another call would only say so.
        want({true, false});
        return {ReadStatus::wouldBlock, static_cast<size_t>(std::max<ssize_t>(got, 0)), false};
    }
    return endOfReading(got < 0 ? errno : 0);
}

ReadResult SocketEnd::readHeld(std::span<const WritableBytes> pieces) {
    size_t done = 0;
    for (const WritableBytes &piece : pieces) {
        const size_t count = std::min(piece.size(), m_message.size() - m_messageDone);
        std::memcpy(piece.data(), m_message.data() + m_messageDone, count);
        m_messageDone += count;
        done += count;
    }
    const bool whole = m_messageDone == m_message.size();
    if (whole) {
        m_message = {};
        m_messageDone = 0;
    }
    return {ReadStatus::more, done, whole};
}

ReadResult SocketEnd::readMessage(std::span<const WritableBytes> pieces) {
    if (!m_message.empty())
        return readHeld(pieces);
    for (int empty = 0; empty < emptyMessageLimit; ++empty) {
        const ssize_t size = recv(m_fd.get(), nullptr, 0, MSG_DONTWAIT | MSG_PEEK | MSG_TRUNC);
        if (size < 0) {
            if (!isTransient(errno))
                return endOfReading(errno);
            want({true, false});
            return {ReadStatus::wouldBlock, 0, false};
        }
        if (size == 0) {
            std::byte nothing;
            if (recv(m_fd.get(), &nothing, 1, MSG_DONTWAIT) < 0) {
                want({true, false}); // it was an empty message, the last one for now
                return {ReadStatus::wouldBlock, 0, false};
            }
            continue;
        }
        if (static_cast<size_t>(size) > defaultBufferBytes) {
            m_events->failed(Reason::messageTooLong);
            return {ReadStatus::wouldBlock, 0, false};
        }
        if (pieces.size() <= maxPieces && static_cast<size_t>(size) <= sizeOf(pieces)) {
            std::array<iovec, maxPieces> vector;
            msghdr message{};
            message.msg_iov = vector.data();
            message.msg_iovlen = vectorOf(pieces, vector);
            const ssize_t got = recvmsg(m_fd.get(), &message, MSG_DONTWAIT);
            return {ReadStatus::more, static_cast<size_t>(std::max<ssize_t>(got, 0)), got > 0};
        }
        m_message.resize(static_cast<size_t>(size));
        const ssize_t got = recv(m_fd.get(), m_message.data(), m_message.size(), MSG_DONTWAIT);
        m_message.resize(static_cast<size_t>(std::max<ssize_t>(got, 0)));
        m_messageDone = 0;
        return m_message.empty() ? ReadResult{ReadStatus::more, 0, false} : readHeld(pieces);
    }
    return endOfReading(0);
}

WriteResult SocketEnd::write(std::span<const Bytes> pieces) {
    if (!m_fd)
        return {WriteStatus::taken, 0};
    std::array<iovec, maxPieces> vector;
    std::vector<iovec> many; // a message must go in one call, however many pieces it has
    msghdr message{};
    message.msg_iov = vector.data();
    message.msg_iovlen = vectorOf(pieces, vector);
    if (m_kind == Kind::seqpacket && pieces.size() > maxPieces) {
        for (const Bytes &piece : pieces)
            many.push_back({const_cast<std::byte *>(piece.data()), piece.size()});
        message.msg_iov = many.data();
        message.msg_iovlen = many.size();
    }
    const ssize_t sent = sendmsg(m_fd.get(), &message, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent >= 0) {
        const auto taken = static_cast<size_t>(sent);
        if (taken < sizeOf(pieces) && pieces.size() <= maxPieces)
            want({false, true});
        else if (taken < sizeOf(pieces))
            m_events->writable(); // only more pieces than one call takes
        return {WriteStatus::taken, taken};
    }
    if (isTransient(errno)) {
        want({false, true});
        return {WriteStatus::taken, 0};
    }
    if (errno == EMSGSIZE)
        return {WriteStatus::tooLong, 0};
    if (errno == EPIPE && !isHungUp(m_fd.get()))
        return {WriteStatus::receiveClosed, 0};
    return {WriteStatus::reset, 0};
}

void SocketEnd::endOfGuestData() {
    if (m_fd)
        shutdown(m_fd.get(), SHUT_WR);
}

void SocketEnd::guestStoppedReading() {
    if (!m_fd)
        return;
    m_readEnded = true;
    m_fd.setInterest({false, m_fd.interest().write});
    shutdown(m_fd.get(), SHUT_RD);
}

void SocketEnd::close(Close how, Reason) {
    if (!m_fd)
        return;
    if (how == Close::abort) {
        // TCP sends RST. A Unix socket has nothing of the kind: its peer sees the end of the data, or
        // ECONNRESET when it has sent something that was not read.
        const linger atOnce{1, 0};
        setsockopt(m_fd.get(), SOL_SOCKET, SO_LINGER, &atOnce, sizeof atOnce);
    }
    m_fd.reset();
}

} // namespace nitroscope::vsock
