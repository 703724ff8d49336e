// SPDX-License-Identifier: GPL-2.0-or-later
//
// The host's end of a flow as a connected socket, Unix or TCP. It holds no bytes of a stream: what the guest
// cannot take stays in the socket, and what the socket cannot take stays in the core. See core/host.hpp for
// the contract.
//
// How the host program's doings are told apart:
//   shutdown(SHUT_WR)            read() gives 0 and there is no hang-up
//   close()                      read() gives 0 and there is a hang-up
//   close() with unread data     read() gives ECONNRESET
//   shutdown(SHUT_RD)            only write() notices: EPIPE without a hang-up
#pragma once

#include "qemu-machine/vsock/core/host.hpp"
#include "qemu-machine/vsock/sockets/socket.hpp"

#include <vector>

namespace nitroscope::vsock {

class SocketEnd : public HostEnd {
public:
    SocketEnd(WatchedFd fd, Kind kind);

    // Must come before anything else; `events` outlives this object.
    void attach(FlowEvents &events);

    ReadResult read(std::span<const WritableBytes> pieces) override;
    WriteResult write(std::span<const Bytes> pieces) override;
    void endOfGuestData() override;
    void guestStoppedReading() override;
    void close(Close how, Reason reason) override;

protected:
    SocketEnd() = default; // the socket is to come: see adopt()
    void adopt(WatchedFd fd, Kind kind);
    void onReady(Readiness ready);
    void want(Readiness change); // adds to what is watched
    WatchedFd m_fd;
    FlowEvents *m_events = nullptr;
    Kind m_kind = Kind::stream;

private:
    ReadResult readStream(std::span<const WritableBytes> pieces);
    ReadResult readMessage(std::span<const WritableBytes> pieces);
    ReadResult readHeld(std::span<const WritableBytes> pieces);
    ReadResult endOfReading(int error);

    bool m_readWanted = false, m_writeWanted = false; // the core waits to be told
    bool m_readEnded = false;
    std::vector<std::byte>
        m_message;                 // seqpacket: a message that did not fit into the guest's buffers at once
    std::size_t m_messageDone = 0; // bytes of it that the guest has
};

} // namespace nitroscope::vsock
