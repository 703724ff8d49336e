// SPDX-License-Identifier: GPL-2.0-or-later
//
// A core in memory for the host side's tests: flows that only note what they are told, a clock that stands
// still until it is moved, and a loop over poll(2) that is turned until something has happened.
#pragma once

#include "qemu-machine/vsock/host/socket_host.hpp"

#include <chrono>
#include <cstring>
#include <map>
#include <memory>
#include <poll.h>
#include <string>
#include <sys/un.h>
#include <unistd.h>
#include <vector>

namespace nitroscope::vsock::test {

class PollLoop : public FdLoop {
public:
    void watch(int fd, std::function<void(Readiness)> ready) override {
        m_watches[fd] = {std::make_shared<std::function<void(Readiness)>>(std::move(ready)), {}};
    }
    void setInterest(int fd, Readiness interest) override {
        if (const auto found = m_watches.find(fd); found != m_watches.end())
            found->second.interest = interest;
    }
    void forget(int fd) override { m_watches.erase(fd); }

    // One turn; how many descriptors were ready.
    int turn(int milliseconds) {
        std::vector<pollfd> list;
        for (const auto &[fd, watch] : m_watches)
            if (watch.interest.read || watch.interest.write)
                list.push_back(
                    {fd, short((watch.interest.read ? POLLIN : 0) | (watch.interest.write ? POLLOUT : 0)),
                     0});
        const int count = poll(list.data(), list.size(), milliseconds);
        for (const pollfd &one : list) {
            const auto found = m_watches.find(one.fd);
            if (one.revents == 0 || found == m_watches.end())
                continue;
            const bool broken = (one.revents & (POLLERR | POLLHUP)) != 0;
            const auto call = found->second.ready;
            const Readiness now{found->second.interest.read && (broken || (one.revents & POLLIN) != 0),
                                found->second.interest.write && (broken || (one.revents & POLLOUT) != 0)};
            if (now.read || now.write)
                (*call)(now);
        }
        return count;
    }

    // Turns until `done` or 20 s have passed.
    template <class Condition>
    bool until(Condition done) {
        const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
        while (!done()) {
            if (std::chrono::steady_clock::now() > end)
                return false;
            turn(10);
        }
        return true;
    }

private:
    struct Watch {
        std::shared_ptr<std::function<void(Readiness)>> ready;
        Readiness interest;
    };
    std::map<int, Watch> m_watches;
};

struct HandClock : Clock {
    std::int64_t time = 0;
    std::int64_t now() const override { return time; }
    void setAlarm(std::int64_t) override {}
    void clearAlarm() override {}
};

// One flow as the core would have it.
struct FakeFlow : FlowEvents {
    void connected() override { ++connectedCount; }
    void failed(Reason reason) override { failure = reason; }
    void readable() override { ++readableCount; }
    void writable() override { ++writableCount; }
    void gone(Reason reason) override { goneReason = reason; }
    void describe(PeerInfo info) override { peer = std::move(info); }

    std::string readText(size_t room = 65536) {
        std::string text(room, '\0');
        const WritableBytes piece(reinterpret_cast<std::byte *>(text.data()), text.size());
        last = end->read(std::span(&piece, 1));
        text.resize(last.bytes);
        return text;
    }
    WriteResult writeText(std::string_view text) {
        const Bytes piece(reinterpret_cast<const std::byte *>(text.data()), text.size());
        return end->write(std::span(&piece, 1));
    }

    std::unique_ptr<HostEnd> end;
    OpenRequest request;
    ReadResult last;
    PeerInfo peer;
    Reason failure = Reason::none, goneReason = Reason::none, refusal = Reason::none;
    int connectedCount = 0, readableCount = 0, writableCount = 0;
};

struct FakeGuest : GuestSide {
    HandClock clock;
    Timers ownTimers{clock};
    std::vector<std::unique_ptr<FakeFlow>> opened;
    Reason refusal = Reason::none;

    OpenAnswer open(const OpenRequest &request, std::unique_ptr<HostEnd> end) override {
        if (refusal != Reason::none)
            return {nullptr, refusal, 0, 0};
        opened.push_back(std::make_unique<FakeFlow>());
        FakeFlow &flow = *opened.back();
        flow.request = request; // before the end: the copy may run out of memory
        flow.end = std::move(end);
        const std::uint32_t port =
            request.sourcePort ? request.sourcePort : 0x40000000u + std::uint32_t(opened.size());
        return {&flow, Reason::none, opened.size(), port};
    }
    std::uint64_t guestCid() const override { return 16; }
    bool seqpacketNegotiated() const override { return true; }
    Timers &timers() override { return ownTimers; }
    void pass(std::int64_t ns) {
        clock.time += ns;
        ownTimers.run();
    }
};

// A host program's socket; blocking calls of a few bytes only.
class Program {
public:
    explicit Program(int type = SOCK_STREAM) : m_fd(socket(AF_UNIX, type | SOCK_CLOEXEC, 0)) {}
    explicit Program(WatchedFd &&) = delete;
    Program(const Program &) = delete;
    ~Program() { close(); }
    static std::unique_ptr<Program> adopt(int fd) {
        auto program = std::make_unique<Program>();
        program->close();
        program->m_fd = fd;
        return program;
    }

    int fd() const { return m_fd; }
    bool connectTo(const std::string &path) {
        const UnixName name = UnixName::path(path);
        return ::connect(m_fd, name.get(), name.length) == 0;
    }
    bool listenAt(const std::string &path, int backlog = 8) {
        const UnixName name = UnixName::path(path);
        return bind(m_fd, name.get(), name.length) == 0 && listen(m_fd, backlog) == 0;
    }
    std::unique_ptr<Program> accept() { return adopt(::accept(m_fd, nullptr, nullptr)); }
    bool send(std::string_view text) {
        return ::send(m_fd, text.data(), text.size(), MSG_NOSIGNAL) == ssize_t(text.size());
    }
    bool sendWith(std::string_view text, const std::vector<int> &descriptors) {
        std::vector<char> control(CMSG_SPACE(descriptors.size() * sizeof(int)));
        iovec vector{const_cast<char *>(text.data()), text.size()};
        msghdr message{};
        message.msg_iov = &vector;
        message.msg_iovlen = 1;
        message.msg_control = control.data();
        message.msg_controllen = control.size();
        cmsghdr *part = CMSG_FIRSTHDR(&message);
        part->cmsg_level = SOL_SOCKET;
        part->cmsg_type = SCM_RIGHTS;
        part->cmsg_len = CMSG_LEN(descriptors.size() * sizeof(int));
        std::memcpy(CMSG_DATA(part), descriptors.data(), descriptors.size() * sizeof(int));
        return sendmsg(m_fd, &message, MSG_NOSIGNAL) == ssize_t(text.size());
    }
    // What is there now; "!<errno>" when that is an error, "$" at the end of the data, "" when nothing is
    // there.
    std::string take(size_t limit = 65536) {
        std::string text(limit, '\0');
        const ssize_t got = recv(m_fd, text.data(), text.size(), MSG_DONTWAIT);
        if (got < 0)
            return errno == EAGAIN ? std::string() : "!" + std::to_string(errno);
        text.resize(size_t(got));
        return got == 0 ? "$" : text;
    }
    void close() {
        if (m_fd >= 0)
            ::close(m_fd);
        m_fd = -1;
    }

private:
    int m_fd;
};

} // namespace nitroscope::vsock::test
