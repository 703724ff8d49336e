// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/enclave/app/agent.hpp"

#include "tests/enclave/app/pattern.hpp"
#include "tests/enclave/app/sha384.hpp"
#include "tests/enclave/app/vsock.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <fcntl.h>
#include <poll.h>
#include <string>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>
#include <vector>

#include <linux/vm_sockets.h>

namespace nitroscope::demo {
namespace {

constexpr size_t chunkLimit = 1 << 20;
// The port's name has the number of its virtio device, and there are others before it.
constexpr int virtioDevices = 8;

// Arguments of a command: numbers and, at the end, a word.
struct Command {
    char name[16] = {};
    unsigned long long a = 0, b = 0, c = 0;
    char option[16] = {};
};

std::string failure(const char *what) {
    return std::string("failed: ") + what + ": " + std::strerror(errno);
}

enum class Digest { none, sha384 };

std::string takeBytes(int fd, uint64_t count, uint64_t seed, size_t chunk, Digest digest = Digest::none) {
    Pattern pattern(seed);
    Sha384 hash;
    std::vector<unsigned char> buffer(std::clamp<size_t>(chunk, 1, chunkLimit));
    for (uint64_t done = 0; done < count;) {
        const ssize_t got = read(fd, buffer.data(), std::min<uint64_t>(buffer.size(), count - done));
        if (got <= 0)
            return failure(("read after " + std::to_string(done)).c_str());
        if (digest == Digest::sha384)
            hash.add(buffer.data(), static_cast<size_t>(got));
        else if (seed != 0 && !pattern.check(buffer.data(), static_cast<size_t>(got)))
            return "failed: wrong bytes after " + std::to_string(done);
        done += static_cast<uint64_t>(got);
    }
    return "ok " + std::to_string(count) + (digest == Digest::sha384 ? ' ' + hash.digest() : "");
}

std::string giveBytes(int fd, uint64_t count, uint64_t seed, size_t chunk, Digest digest = Digest::none) {
    Pattern pattern(seed);
    Sha384 hash;
    std::vector<unsigned char> buffer(std::clamp<size_t>(chunk, 1, chunkLimit));
    for (uint64_t done = 0; done < count;) {
        const size_t size = std::min<uint64_t>(buffer.size(), count - done);
        if (seed != 0)
            pattern.fill(buffer.data(), size);
        if (digest == Digest::sha384)
            hash.add(buffer.data(), size);
        if (!sendAll(fd, buffer.data(), size))
            return failure(("write after " + std::to_string(done)).c_str());
        done += size;
    }
    return "ok " + std::to_string(count) + (digest == Digest::sha384 ? ' ' + hash.digest() : "");
}

// Reads to the end of the peer's data; what there was, at most 200 bytes of it.
std::string drain(int fd) {
    std::string all;
    char bytes[4096];
    ssize_t got;
    while ((got = read(fd, bytes, sizeof bytes)) > 0)
        if (all.size() < 200)
            all.append(bytes, std::min<size_t>(static_cast<size_t>(got), 200 - all.size()));
    return got < 0 ? failure("read") : all;
}

std::string send(int port, uint64_t count, uint64_t seed) {
    const int fd = dialParent(static_cast<uint32_t>(port), SOCK_STREAM);
    if (fd < 0)
        return failure("connect");
    std::string result = giveBytes(fd, count, seed, 65536);
    if (result.starts_with("ok")) {
        shutdown(fd, SHUT_WR);
        result = "ok " + drain(fd);
    }
    close(fd);
    return result;
}

std::string receive(int port, uint64_t count, uint64_t seed) {
    const int fd = dialParent(static_cast<uint32_t>(port), SOCK_STREAM);
    if (fd < 0)
        return failure("connect");
    std::string result = takeBytes(fd, count, seed, 65536);
    const std::string rest = drain(fd);
    if (result.starts_with("ok") && !rest.empty())
        result = "failed: more than was to come: " + rest;
    close(fd);
    return result;
}

std::string many(int port, uint64_t count) {
    std::vector<int> connections;
    std::string result = "ok " + std::to_string(count);
    for (uint64_t i = 0; i < count && connections.size() == i; ++i) {
        const int fd = dialParent(static_cast<uint32_t>(port), SOCK_STREAM);
        if (fd < 0)
            result = failure(("connect number " + std::to_string(i)).c_str());
        else
            connections.push_back(fd);
    }
    for (size_t i = 0; i < connections.size(); ++i) {
        const std::string line = "connection " + std::to_string(i);
        sendAll(connections[i], line.data(), line.size());
        shutdown(connections[i], SHUT_WR);
    }
    for (size_t i = 0; i < connections.size(); ++i) {
        const std::string answer = drain(connections[i]);
        if (answer != "connection " + std::to_string(i) && result.starts_with("ok"))
            result = "failed: number " + std::to_string(i) + " got " + answer;
        close(connections[i]);
    }
    return result;
}

std::string reach(uint32_t cid, uint32_t port) {
    timespec before{}, after{};
    clock_gettime(CLOCK_MONOTONIC, &before);
    const int fd = dial(cid, port, SOCK_STREAM);
    const int error = fd >= 0 ? 0 : errno;
    clock_gettime(CLOCK_MONOTONIC, &after);
    if (fd >= 0)
        close(fd);
    const long long ms = (after.tv_sec - before.tv_sec) * 1000LL + (after.tv_nsec - before.tv_nsec) / 1000000;
    return "ok " + std::to_string(error) + ' ' + std::to_string(ms);
}

std::string refused(int port) {
    const std::string answer = reach(parentCid, static_cast<uint32_t>(port));
    return answer.starts_with("ok 0 ") ? "failed: connected" : answer;
}

// Passes on what comes on `from`; false after the end of its data, which is passed on, too.
bool passOn(int from, int to) {
    char bytes[16384];
    const ssize_t got = read(from, bytes, sizeof bytes);
    if (got > 0 && sendAll(to, bytes, static_cast<size_t>(got)))
        return true;
    shutdown(to, SHUT_WR);
    return false;
}

// Until both have ended; then the connection that the command came on has no use any more.
void relay(int near, int port) {
    const int far = dialParent(static_cast<uint32_t>(port), SOCK_STREAM);
    if (far < 0)
        return;
    // -1: that end's data has ended, and poll() leaves it out.
    pollfd ends[2] = {{near, POLLIN, 0}, {far, POLLIN, 0}};
    while ((ends[0].fd >= 0 || ends[1].fd >= 0) && poll(ends, 2, -1) > 0) {
        if (ends[0].revents != 0 && !passOn(near, far))
            ends[0] = {-1, 0, 0};
        if (ends[1].revents != 0 && !passOn(far, near))
            ends[1] = {-1, 0, 0};
    }
    close(far);
}

std::string last(int port) {
    const int fd = dialParent(static_cast<uint32_t>(port), SOCK_STREAM);
    if (fd < 0)
        return failure("connect");
    const std::string before = drain(fd), after = "after the end";
    std::string result = sendAll(fd, after.data(), after.size()) ? "ok " + before : failure("write");
    close(fd);
    return result;
}

std::string messages(int port) {
    const int fd = dialParent(static_cast<uint32_t>(port), SOCK_SEQPACKET);
    if (fd < 0)
        return failure("connect");
    std::vector<unsigned char> sent(20000), received(sent.size() + 1);
    Pattern(7).fill(sent.data(), sent.size());
    std::string result = "ok";
    for (const size_t size : {1u, 100u, 4096u, 5000u, 20000u}) {
        if (::send(fd, sent.data(), size, 0) != static_cast<ssize_t>(size))
            result = failure("send");
        const ssize_t got = recv(fd, received.data(), received.size(), 0);
        if (got != static_cast<ssize_t>(size) || std::memcmp(sent.data(), received.data(), size) != 0)
            result = "failed: a message of " + std::to_string(size) + " came back as " + std::to_string(got);
        if (result != "ok")
            break;
    }
    close(fd);
    return result;
}

// SO_VM_SOCKETS_BUFFER_SIZE: what this end buffers, and since Linux 6.12.92 also what it has under way at
// most.
std::string setBuffer(int fd, uint64_t bytes) {
    return setsockopt(fd, AF_VSOCK, SO_VM_SOCKETS_BUFFER_SIZE, &bytes, sizeof bytes) == 0
               ? "ok"
               : failure("setsockopt");
}

bool ping(int fd, uint64_t count) {
    char byte;
    while (count-- > 0)
        if (read(fd, &byte, 1) != 1 || write(fd, &byte, 1) != 1)
            return false;
    return true;
}

// False at the end of the connection. Reads byte by byte: what follows may be the bytes of a transfer.
bool readLine(int fd, std::string &line) {
    line.clear();
    char byte;
    ssize_t got;
    while ((got = read(fd, &byte, 1)) == 1 && byte != '\n')
        if (line.size() < 200)
            line += byte;
    return got == 1;
}

// "" when the command has answered by itself.
std::string obey(int fd, const std::string &line) {
    Command command;
    const int words = std::sscanf(line.c_str(), "%15s %llu %llu %llu %15s", command.name, &command.a,
                                  &command.b, &command.c, command.option);
    const bool hasDigest = words == 5 && std::strcmp(command.option, "sha384") == 0;
    const std::string name = command.name;
    const int port = static_cast<int>(command.a);
    if (name == "take" && words == 4)
        return takeBytes(fd, command.a, command.b, command.c);
    if (name == "take" && hasDigest)
        return takeBytes(fd, command.a, command.b, command.c, Digest::sha384);
    if (name == "give" && hasDigest)
        return giveBytes(fd, command.a, command.b, command.c, Digest::sha384);
    if (name == "give" && words == 4)
        return giveBytes(fd, command.a, command.b, command.c).starts_with("ok") ? "" : "failed";
    if (name == "buffer" && words == 2)
        return setBuffer(fd, command.a);
    if (name == "ping" && words == 2)
        return ping(fd, command.a) ? "" : "failed";
    if (name == "send" && words == 4)
        return send(port, command.b, command.c);
    if (name == "receive" && words == 4)
        return receive(port, command.b, command.c);
    if (name == "many" && words == 3)
        return many(port, command.b);
    if (name == "refused" && words == 2)
        return refused(port);
    if (name == "reach" && words == 3)
        return reach(static_cast<uint32_t>(command.a), static_cast<uint32_t>(command.b));
    if (name == "last" && words == 2)
        return last(port);
    if (name == "messages" && words == 2)
        return messages(port);
    return "failed: no such command: " + line;
}

} // namespace

void serveAgent(int fd) {
    std::string line;
    while (readLine(fd, line)) {
        if (int port = 0; std::sscanf(line.c_str(), "relay %d", &port) == 1)
            return relay(fd, port);
        std::string answer = obey(fd, line);
        if (answer.empty())
            continue;
        answer += '\n';
        if (!sendAll(fd, answer.data(), answer.size()))
            return;
    }
}

void startSerialAgent() {
    int fd = -1;
    for (int device = 0; fd < 0 && device < virtioDevices; ++device)
        fd = open(("/dev/vport" + std::to_string(device) + "p1").c_str(), O_RDWR | O_CLOEXEC);
    if (fd < 0)
        return;
    if (fork() == 0) {
        prctl(PR_SET_PDEATHSIG, SIGTERM);
        // The port is there before anybody on the host has opened the other end; reading then says "end".
        for (;;) {
            serveAgent(fd);
            usleep(100000);
        }
    }
    close(fd);
}

} // namespace nitroscope::demo
