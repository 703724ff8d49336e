// SPDX-License-Identifier: GPL-2.0-or-later
#include "qemu-machine/vsock/supervise/waiting_call.hpp"

#include <fcntl.h>
#include <sys/ioctl.h>

namespace nitroscope::supervise {

bool WaitingCall::isAlive() const {
    return ioctl(m_listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &m_id) == 0;
}

bool WaitingCall::answer(const seccomp_notif_resp &response) const {
    return ioctl(m_listener, SECCOMP_IOCTL_NOTIF_SEND, &response) == 0;
}

bool WaitingCall::proceed() const {
    return answer({m_id, 0, 0, SECCOMP_USER_NOTIF_FLAG_CONTINUE});
}

bool WaitingCall::finish(int result) const {
    return answer({m_id, result < 0 ? -1 : result, result < 0 ? result : 0, 0});
}

bool WaitingCall::give(int fd, bool closesOnExec) const {
    const seccomp_notif_addfd part{m_id, SECCOMP_ADDFD_FLAG_SEND, static_cast<__u32>(fd), 0,
                                   closesOnExec ? unsigned(O_CLOEXEC) : 0};
    return ioctl(m_listener, SECCOMP_IOCTL_NOTIF_ADDFD, &part) >= 0;
}

bool WaitingCall::replace(int at, int fd, bool closesOnExec) const {
    const seccomp_notif_addfd part{m_id, SECCOMP_ADDFD_FLAG_SETFD, static_cast<__u32>(fd),
                                   static_cast<__u32>(at), closesOnExec ? unsigned(O_CLOEXEC) : 0};
    return ioctl(m_listener, SECCOMP_IOCTL_NOTIF_ADDFD, &part) >= 0;
}

} // namespace nitroscope::supervise
