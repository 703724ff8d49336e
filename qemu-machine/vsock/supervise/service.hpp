// SPDX-License-Identifier: GPL-2.0-or-later
//
// Answers the socket calls of supervised programs with the preload library's own functions, on descriptors that are borrowed
// for the length of a call. What may take time (connect, accept) has a thread for itself; all else is answered at once.
#pragma once

#include "qemu-machine/vsock/supervise/known_sockets.hpp"
#include "qemu-machine/vsock/supervise/waiting_call.hpp"

#include <atomic>
#include <deque>
#include <functional>
#include <vector>

namespace nitroscope::supervise {

class Service {
public:
    explicit Service(Descriptor listener) : m_listener(std::move(listener)) {}

    // Until no process with the filter is left. `program`: a pidfd, whose end is told once by `ended`.
    void run(int program, const std::function<void()> &ended);

private:
    // A program's socket on loan, with its entry in the library's table.
    struct Loan {
        Descriptor socket;
        preload::Slot *slot = nullptr;
        explicit operator bool() const { return slot != nullptr; }
    };
    struct Accepted { // of a listener, when the program did not hear of it
        std::uint64_t listener;
        Descriptor connection;
        sockaddr_storage address;
        socklen_t length;
    };

    bool receive();
    void serve(const WaitingCall &call);
    void serveSocket(const WaitingCall &call);
    void serveRequest(const WaitingCall &call); // with a socket on loan
    int answerRequest(const WaitingCall &call, Loan &loan);
    int answerNamed(const WaitingCall &call, Loan &loan);
    int answerOption(const WaitingCall &call, Loan &loan);
    void connect(const WaitingCall &call, Loan loan);
    void accept(const WaitingCall &call, Loan loan);
    bool acceptOnce(const WaitingCall &call, Loan &loan, int flags);
    void deliver(const WaitingCall &call, Accepted accepted, int flags);

    Loan lend(const WaitingCall &call);
    void giveBack(Loan &loan);
    void inThread(const WaitingCall &call, Loan loan, void (Service::*work)(const WaitingCall &, Loan));
    void lookAtUnderway();

    Descriptor m_listener;
    KnownSockets m_known;
    std::mutex m_mutex;           // of what follows
    std::vector<Loan> m_underway; // connecting, and nobody waits: kept until the end of it is known
    std::deque<Accepted> m_unheard;
    std::unordered_map<std::uint64_t, int> m_unheardResults; // of connect(), by inode
    std::mutex m_acceptMutex;
    std::atomic<int> m_threads{0};
};

} // namespace nitroscope::supervise
