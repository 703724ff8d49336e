// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/enclave/init/heartbeat.hpp"

#include <cerrno>
#include <cstring>
#include <sys/socket.h>
#include <unistd.h>

// Needs <sys/socket.h>, and does not include it in the headers of Linux 6.1 that cross compilers bring.
#include <linux/vm_sockets.h>

namespace nitroscope::demo {
namespace {

constexpr unsigned char heartbeat = 0xb7;
constexpr uint32_t parentCid = 3, heartbeatPort = 9000;
constexpr long patienceSeconds = 60; // AWS's init has infinite patience; a demo should come up

std::string failure(const char *what) {
    return std::string("failed: ") + what + ": " + std::strerror(errno);
}

std::string exchange(int fd) {
    sockaddr_vm parent{};
    parent.svm_family = AF_VSOCK;
    parent.svm_cid = parentCid;
    parent.svm_port = heartbeatPort;
    if (connect(fd, reinterpret_cast<sockaddr *>(&parent), sizeof parent) != 0)
        return failure("connect");
    const timeval patience{patienceSeconds, 0};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    unsigned char answer = 0;
    if (write(fd, &heartbeat, 1) != 1)
        return failure("write");
    if (read(fd, &answer, 1) != 1)
        return failure("read");
    return answer == heartbeat ? "answered" : "failed: the answer is another byte";
}

} // namespace

std::string sendHeartbeat() {
    const int fd = socket(AF_VSOCK, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return failure("socket");
    const std::string result = exchange(fd);
    close(fd);
    return result;
}

} // namespace nitroscope::demo
