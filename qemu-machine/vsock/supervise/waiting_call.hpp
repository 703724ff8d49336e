// SPDX-License-Identifier: GPL-2.0-or-later
//
// One call of a program that waits for our answer: seccomp's notification, and the ways to answer it.
#pragma once

#include "qemu-machine/vsock/supervise/program.hpp"

#include <linux/seccomp.h>

namespace nitroscope::supervise {

class WaitingCall {
public:
    WaitingCall(int listener, const seccomp_notif &notification)
        : m_listener(listener), m_id(notification.id), m_data(notification.data),
          m_program(static_cast<pid_t>(notification.pid)) {}

    int number() const { return m_data.nr; }
    std::uint64_t address(int index) const { return m_data.args[index]; }
    int integer(int index) const { return static_cast<int>(m_data.args[index]); }
    const Program &program() const { return m_program; }

    // Whether it still waits: a signal may have ended the call, or the program.
    bool isAlive() const;

    // Each answers the call and is false when nobody waited any more.
    bool proceed() const;          // the kernel does what was asked
    bool finish(int result) const; // what the call returns: negative is -errno
    bool give(int fd,
              bool closesOnExec) const; // a descriptor of ours, and its number there is what the call returns

    // Puts a duplicate of `fd` in the place of the program's descriptor `at`; the call goes on waiting.
    bool replace(int at, int fd, bool closesOnExec) const;

private:
    bool answer(const seccomp_notif_resp &response) const;

    int m_listener;
    std::uint64_t m_id;
    seccomp_data m_data;
    Program m_program;
};

} // namespace nitroscope::supervise
