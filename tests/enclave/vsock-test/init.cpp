// SPDX-License-Identifier: GPL-2.0-or-later
//
// Process 1 of an enclave in which the Linux kernel's vsock_test runs. Each line on the console is a command
// line that is run; "vsock-test: exit STATUS" follows its output. The suite wants a TCP connection between
// its two ends to agree on what comes next, and an enclave has no network, so a relay carries that over
// vsock:
//
//   127.0.0.1:1235 here, when the suite is the client     → 3:1235   (the host's route leads to its server)
//   vsock port 1236 here, when the suite is the server    → 127.0.0.1:1234
#include <arpa/inet.h>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <linux/vm_sockets.h>
#include <net/if.h>
#include <poll.h>
#include <string>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace {

constexpr uint16_t controlPort = 1234;
constexpr uint32_t parentCid = 3, toHostPort = 1235, fromHostPort = 1236;

sockaddr_in controlAddress() {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(controlPort);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

sockaddr_vm vsockAddress(uint32_t cid, uint32_t port) {
    sockaddr_vm address{};
    address.svm_family = AF_VSOCK;
    address.svm_cid = cid;
    address.svm_port = port;
    return address;
}

template <class Address>
int connectTo(const Address &address) {
    const int fd = socket(reinterpret_cast<const sockaddr &>(address).sa_family, SOCK_STREAM, 0);
    if (fd >= 0 && connect(fd, reinterpret_cast<const sockaddr *>(&address), sizeof address) == 0)
        return fd;
    if (fd >= 0)
        close(fd);
    return -1;
}

template <class Address>
int listenAt(const Address &address) {
    const int fd = socket(reinterpret_cast<const sockaddr &>(address).sa_family, SOCK_STREAM, 0), on = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, reinterpret_cast<const sockaddr *>(&address), sizeof address) != 0 || listen(fd, 8) != 0)
        std::perror("listen");
    return fd;
}

// Until both ends are through; false once there is nothing more.
bool pass(int from, int to) {
    char bytes[4096];
    const ssize_t got = read(from, bytes, sizeof bytes);
    if (got <= 0) {
        shutdown(to, SHUT_WR);
        return false;
    }
    for (ssize_t at = 0; at < got;) {
        const ssize_t sent = write(to, bytes + at, static_cast<size_t>(got - at));
        if (sent <= 0)
            return false;
        at += sent;
    }
    return true;
}

void relay(int left, int right) {
    pollfd ends[2] = {{left, POLLIN, 0}, {right, POLLIN, 0}};
    while (ends[0].fd >= 0 || ends[1].fd >= 0) {
        if (poll(ends, 2, -1) < 0)
            return;
        if (ends[0].revents != 0 && !pass(left, right))
            ends[0].fd = -1;
        if (ends[1].revents != 0 && !pass(right, left))
            ends[1].fd = -1;
    }
}

// A process that passes on each connection to `listener` to what `dial` connects to.
template <class Dial>
void startRelay(int listener, Dial dial) {
    if (fork() != 0) {
        close(listener);
        return;
    }
    for (;;) {
        const int fd = accept(listener, nullptr, nullptr);
        // The suite may be about to listen.
        int other = -1;
        for (int tries = 0; fd >= 0 && other < 0 && tries < 200; ++tries, usleep(50000))
            other = dial();
        if (other >= 0)
            relay(fd, other);
        close(fd);
        close(other);
    }
}

void raiseLoopback() {
    ifreq request{};
    std::strcpy(request.ifr_name, "lo");
    request.ifr_flags = IFF_UP | IFF_RUNNING;
    const int fd = socket(AF_INET, SOCK_DGRAM, 0);
    if (ioctl(fd, SIOCSIFFLAGS, &request) != 0)
        std::perror("lo");
    close(fd);
}

void runLine(const std::string &line) {
    std::vector<std::string> words(1);
    for (const char c : line)
        if (c != ' ')
            words.back() += c;
        else if (!words.back().empty())
            words.emplace_back();
    std::vector<char *> arguments;
    for (std::string &word : words)
        if (!word.empty())
            arguments.push_back(word.data());
    if (arguments.empty())
        return;
    arguments.push_back(nullptr);
    const pid_t child = fork();
    if (child == 0) {
        execv(arguments[0], arguments.data());
        std::perror(arguments[0]);
        _exit(127);
    }
    int status = 0;
    while (waitpid(child, &status, 0) != child) {
    }
    std::printf("vsock-test: exit %d\n", WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}

} // namespace

int main() {
    mount("proc", "/proc", "proc", 0, nullptr);
    mount("dev", "/dev", "devtmpfs", 0, nullptr);
    std::setvbuf(stdout, nullptr, _IONBF, 0);
    raiseLoopback();
    if (const int heartbeat = connectTo(vsockAddress(parentCid, 9000)); heartbeat >= 0) {
        const char sign = static_cast<char>(0xb7);
        char answer = 0;
        if (write(heartbeat, &sign, 1) != 1 || read(heartbeat, &answer, 1) != 1)
            std::printf("no heartbeat\n");
        close(heartbeat);
    }
    const auto toHost = vsockAddress(parentCid, toHostPort);
    const auto toSuite = controlAddress();
    startRelay(listenAt(vsockAddress(VMADDR_CID_ANY, fromHostPort)), [&] { return connectTo(toSuite); });
    // The client's relay has a port of its own: the server's suite needs 1234 for itself.
    auto clientSide = controlAddress();
    clientSide.sin_port = htons(toHostPort);
    startRelay(listenAt(clientSide), [&] { return connectTo(toHost); });
    std::printf("vsock-test: ready\n");
    std::string line;
    for (char c; read(STDIN_FILENO, &c, 1) == 1;) {
        if (c != '\n' && c != '\r') {
            line += c;
            continue;
        }
        runLine(line);
        line.clear();
    }
    reboot(RB_AUTOBOOT);
}
