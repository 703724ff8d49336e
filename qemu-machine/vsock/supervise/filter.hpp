// SPDX-License-Identifier: GPL-2.0-or-later
//
// The seccomp filter under which a supervised program runs: calls about sockets wait for the supervisor's answer
// (seccomp_unotify(2)), all others are the kernel's as ever. It is inherited by all children and cannot be taken off.
#pragma once

namespace nitroscope::supervise {

// In the process that will become the program, single-threaded. The descriptor at which the supervisor listens, or -1 with
// errno: EINVAL where the kernel has no notifications (before 5.9), EBUSY below another supervisor.
int installFilter();

} // namespace nitroscope::supervise
