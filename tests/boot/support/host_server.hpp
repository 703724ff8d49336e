// SPDX-License-Identifier: GPL-2.0-or-later
//
// Host programs for the enclave's tests, with plain sockets: a server whose connections are threads, and a
// client of the hybrid socket.
#pragma once

#include <QByteArray>
#include <QString>

#include <atomic>
#include <functional>
#include <thread>

namespace nitroscope::test {

// Listens at a Unix socket and runs `serve` with each connection, which ends with it.
class HostServer {
public:
    // `type`: SOCK_STREAM or SOCK_SEQPACKET.
    HostServer(const QString &path, int type, std::function<void(int fd)> serve);
    // The same with a socket that listens already; it is closed in the end.
    HostServer(int listener, std::function<void(int fd)> serve);
    ~HostServer();
    HostServer(const HostServer &) = delete;
    HostServer &operator=(const HostServer &) = delete;

    int accepted() const { return m_accepted; }

    // Sends back what comes, and ends when the peer has ended.
    static void echo(int fd);

private:
    int m_listener = -1;
    std::atomic<int> m_accepted = 0;
    std::thread m_thread;
};

// A TCP socket that listens at a free port of 127.0.0.1, which is stored; -1 with a warning.
int listenOnLoopback(quint16 &port);

// Passes bytes and ends of data between two connections until both have ended. Closes neither.
void joinConnections(int one, int other);

// A connection to `port` of the enclave through the hybrid socket at `path`, after the OK line; -1 when it
// was refused. `cid`: 0 for the console.
int connectToEnclave(const QString &path, quint32 port, int cid = -1);

bool sendAllTo(int fd, const QByteArray &bytes);
// Until the peer's end, or so many bytes.
QByteArray receiveFrom(int fd, qsizetype limit = 1 << 30);
// One line without its end.
QByteArray receiveLine(int fd);

} // namespace nitroscope::test
