// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/boot/support/host_server.hpp"

#include <algorithm>
#include <cstring>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace nitroscope::test {
namespace {

constexpr int backlog = 256;
// Nothing in these tests takes that long; it keeps a failure from hanging the suite.
constexpr timeval patience{120, 0};

sockaddr_un addressOf(const QString &path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const QByteArray name = path.toLocal8Bit();
    std::memcpy(address.sun_path, name.constData(),
                static_cast<size_t>(qMin<qsizetype>(name.size(), sizeof address.sun_path - 1)));
    return address;
}

int listenAt(const QString &path, int type) {
    const int listener = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
    const sockaddr_un address = addressOf(path);
    unlink(address.sun_path);
    if (bind(listener, reinterpret_cast<const sockaddr *>(&address), sizeof address) != 0 ||
        listen(listener, backlog) != 0)
        qWarning("cannot listen at %s: %s", address.sun_path, std::strerror(errno));
    return listener;
}

// False after the end of `from`'s data, which is passed on, too.
bool passOn(int from, int to) {
    char bytes[65536];
    const ssize_t got = read(from, bytes, sizeof bytes);
    if (got > 0 && sendAllTo(to, QByteArray::fromRawData(bytes, got)))
        return true;
    shutdown(to, SHUT_WR);
    return false;
}

} // namespace

HostServer::HostServer(const QString &path, int type, std::function<void(int fd)> serve)
    : HostServer(listenAt(path, type), std::move(serve)) {}

HostServer::HostServer(int listener, std::function<void(int fd)> serve) : m_listener(listener) {
    m_thread = std::thread([this, serve = std::move(serve)] {
        std::vector<std::thread> connections;
        int fd;
        while ((fd = accept4(m_listener, nullptr, nullptr, SOCK_CLOEXEC)) >= 0) {
            ++m_accepted;
            setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
            connections.emplace_back([fd, &serve] {
                serve(fd);
                close(fd);
            });
        }
        for (std::thread &connection : connections)
            connection.join();
    });
}

HostServer::~HostServer() {
    shutdown(m_listener, SHUT_RDWR); // wakes accept()
    m_thread.join();
    close(m_listener);
}

void HostServer::echo(int fd) {
    std::vector<char> buffer(65536);
    ssize_t got;
    while ((got = read(fd, buffer.data(), buffer.size())) > 0)
        if (!sendAllTo(fd, QByteArray(buffer.data(), got)))
            return;
    shutdown(fd, SHUT_WR);
}

int listenOnLoopback(quint16 &port) {
    const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (bind(listener, reinterpret_cast<const sockaddr *>(&address), size) != 0 ||
        listen(listener, backlog) != 0 ||
        getsockname(listener, reinterpret_cast<sockaddr *>(&address), &size) != 0)
        qWarning("cannot listen on loopback: %s", std::strerror(errno));
    port = ntohs(address.sin_port);
    return listener;
}

void joinConnections(int one, int other) {
    pollfd ends[2] = {{one, POLLIN, 0}, {other, POLLIN, 0}};
    while ((ends[0].fd >= 0 || ends[1].fd >= 0) && poll(ends, 2, int(patience.tv_sec * 1000)) > 0) {
        if (ends[0].revents != 0 && !passOn(one, other))
            ends[0] = {-1, 0, 0};
        if (ends[1].revents != 0 && !passOn(other, one))
            ends[1] = {-1, 0, 0};
    }
}

int connectToEnclave(const QString &path, quint32 port, int cid) {
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    const sockaddr_un address = addressOf(path);
    const QByteArray wanted = "CONNECT " + (cid >= 0 ? QByteArray::number(cid) + ':' : QByteArray()) +
                              QByteArray::number(port) + '\n';
    if (connect(fd, reinterpret_cast<const sockaddr *>(&address), sizeof address) == 0 &&
        sendAllTo(fd, wanted) && receiveLine(fd).startsWith("OK "))
        return fd;
    close(fd);
    return -1;
}

bool sendAllTo(int fd, const QByteArray &bytes) {
    for (qsizetype at = 0; at < bytes.size();) {
        const ssize_t sent =
            send(fd, bytes.constData() + at, static_cast<size_t>(bytes.size() - at), MSG_NOSIGNAL);
        if (sent <= 0)
            return false;
        at += sent;
    }
    return true;
}

QByteArray receiveFrom(int fd, qsizetype limit) {
    QByteArray all;
    char part[65536];
    ssize_t got;
    while (all.size() < limit &&
           (got = read(fd, part, static_cast<size_t>(qMin<qsizetype>(limit - all.size(), sizeof part)))) > 0)
        all.append(part, got);
    return all;
}

QByteArray receiveLine(int fd) {
    QByteArray line;
    char byte;
    while (line.size() < 1000 && read(fd, &byte, 1) == 1 && byte != '\n')
        line += byte;
    return line;
}

} // namespace nitroscope::test
