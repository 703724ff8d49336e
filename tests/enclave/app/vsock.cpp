// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/enclave/app/vsock.hpp"

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

// Needs <sys/socket.h>, and does not include it in the headers of Linux 6.1 that cross compilers bring.
#include <linux/vm_sockets.h>

namespace nitroscope::demo {
namespace {

constexpr int backlog = 256;

sockaddr_vm addressOf(uint32_t cid, uint32_t port) {
    sockaddr_vm address{};
    address.svm_family = AF_VSOCK;
    address.svm_cid = cid;
    address.svm_port = port;
    return address;
}

int listenAt(uint32_t port, int type) {
    const int fd = socket(AF_VSOCK, type | SOCK_CLOEXEC, 0);
    const sockaddr_vm address = addressOf(VMADDR_CID_ANY, port);
    if (fd < 0 || bind(fd, reinterpret_cast<const sockaddr *>(&address), sizeof address) != 0 ||
        listen(fd, backlog) != 0) {
        std::printf("vsock port %u: %s\n", port, std::strerror(errno));
        return -1;
    }
    return fd;
}

} // namespace

int dial(uint32_t cid, uint32_t port, int type) {
    const int fd = socket(AF_VSOCK, type | SOCK_CLOEXEC, 0);
    const sockaddr_vm address = addressOf(cid, port);
    if (fd >= 0 && connect(fd, reinterpret_cast<const sockaddr *>(&address), sizeof address) == 0)
        return fd;
    const int error = errno;
    if (fd >= 0)
        close(fd);
    errno = error;
    return -1;
}

int dialParent(uint32_t port, int type) {
    return dial(parentCid, port, type);
}

void startService(uint32_t port, int type, void (*serve)(int fd)) {
    // Listening before the fork: who knows that we run may connect.
    const int listener = listenAt(port, type);
    if (listener < 0)
        return;
    if (fork() != 0) {
        close(listener);
        return;
    }
    prctl(PR_SET_PDEATHSIG, SIGTERM); // the service ends with the application
    std::signal(SIGCHLD, SIG_IGN);
    std::signal(SIGPIPE, SIG_IGN);
    for (;;) {
        const int fd = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
        if (fd >= 0 && fork() == 0) {
            close(listener);
            serve(fd);
            _exit(0);
        }
        if (fd >= 0)
            close(fd);
    }
}

bool sendAll(int fd, const void *bytes, size_t size) {
    const char *at = static_cast<const char *>(bytes);
    while (size > 0) {
        const ssize_t sent = write(fd, at, size);
        if (sent <= 0) {
            if (sent < 0 && errno == EINTR)
                continue;
            return false;
        }
        at += sent;
        size -= static_cast<size_t>(sent);
    }
    return true;
}

void serveEcho(int fd) {
    static char buffer[65536];
    ssize_t got;
    while ((got = read(fd, buffer, sizeof buffer)) > 0)
        if (!sendAll(fd, buffer, static_cast<size_t>(got)))
            return;
    shutdown(fd, SHUT_WR);
}

std::string askParent(unsigned long number) {
    const int fd = dialParent(requestPort, SOCK_STREAM);
    if (fd < 0)
        return std::string("nobody answers at 3:8000: ") + std::strerror(errno);
    const timeval patience{10, 0};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    const std::string request = "request " + std::to_string(number) + "\n";
    std::string answer;
    if (sendAll(fd, request.data(), request.size()) && shutdown(fd, SHUT_WR) == 0) {
        char bytes[256];
        ssize_t got;
        while (answer.size() < sizeof bytes && (got = read(fd, bytes, sizeof bytes - answer.size())) > 0)
            answer.append(bytes, static_cast<size_t>(got));
    }
    close(fd);
    answer = answer.substr(0, answer.find('\n'));
    return answer.empty() ? std::string("no answer from 3:8000") : "answer from 3:8000: " + answer;
}

} // namespace nitroscope::demo
