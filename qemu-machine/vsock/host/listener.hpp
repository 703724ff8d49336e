// SPDX-License-Identifier: GPL-2.0-or-later
//
// A listening socket of the device, on a Unix path or a TCP address.
//
// A path that a living process listens on is never taken: the device refuses to start. What a process that
// has died left behind is replaced. The folder is made with mode 0700 when it is missing; the socket itself
// has 0600, so that in any folder only its owner can connect. Whether a name is free is found out and the
// name taken under a lock on the folder, so that two machines that start at the same time do not both find it
// stale.
#pragma once

#include "qemu-machine/vsock/sockets/socket.hpp"
#include "qemu-machine/vsock/sockets/socket_file.hpp"

#include <functional>
#include <memory>
#include <string>

namespace nitroscope::vsock {

class Listener {
public:
    // Gets each accepted socket, non-blocking and close-on-exec. May destroy the listener.
    using Accepted = std::function<void(WatchedFd)>;

    // Null and a sentence in `problem` when the address cannot be had. TCP takes numeric addresses and
    // "localhost" only: the name of a local interface is nothing to ask a server for.
    static std::unique_ptr<Listener> open(FdLoop &loop, Timers &timers, const HostAddress &address, Kind kind,
                                          Accepted accepted, std::string &problem);
    ~Listener(); // removes the path as removePath() does

    // Takes the socket's name away, if it is still ours, and the folder that was made for it, if nothing else
    // is in it.
    void removePath();

    // While off, connections wait in the listener's queue.
    void setAccepting(bool on);

private:
    Listener(FdLoop &loop, Timers &timers, Accepted accepted)
        : m_loop(loop), m_timers(timers), m_accepted(std::move(accepted)) {}
    bool bindUnix(const std::string &path, Kind kind, std::string &problem);
    bool bindTcp(const HostAddress &address, std::string &problem);
    void begin();
    void acceptOne();

    FdLoop &m_loop;
    Timers &m_timers;
    Accepted m_accepted;
    WatchedFd m_fd;
    std::optional<SocketFile> m_file; // nothing: TCP, or removed
    std::string m_madeFolder;         // empty: it was there
    TimerId m_pause = 0;              // out of descriptors: try again when it expires
    bool m_on = true;
};

} // namespace nitroscope::vsock
