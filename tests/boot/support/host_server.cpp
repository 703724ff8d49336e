// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/boot/support/host_server.hpp"

#include <algorithm>
#include <cstring>
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

} // namespace

HostServer::HostServer(const QString &path, int type, std::function<void(int fd)> serve)
    : m_listener(socket(AF_UNIX, type | SOCK_CLOEXEC, 0)) {
    const sockaddr_un address = addressOf(path);
    unlink(address.sun_path);
    if (bind(m_listener, reinterpret_cast<const sockaddr *>(&address), sizeof address) != 0 ||
        listen(m_listener, backlog) != 0)
        qWarning("cannot listen at %s: %s", address.sun_path, std::strerror(errno));
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
