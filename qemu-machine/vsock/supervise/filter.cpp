// SPDX-License-Identifier: GPL-2.0-or-later
#include "qemu-machine/vsock/supervise/filter.hpp"

#include <cstddef>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <linux/vm_sockets.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace nitroscope::supervise {
namespace {

#if defined(__x86_64__)
constexpr unsigned nativeArch = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr unsigned nativeArch = AUDIT_ARCH_AARCH64;
#else
#error "seccomp's name of this architecture is missing"
#endif

constexpr sock_filter load(size_t offset) {
    return BPF_STMT(BPF_LD | BPF_W | BPF_ABS, static_cast<unsigned>(offset));
}
constexpr sock_filter answer(unsigned action) {
    return BPF_STMT(BPF_RET | BPF_K, action);
}
// Goes on after `skipped` instructions when the value is not this one.
constexpr sock_filter unless(unsigned value, unsigned char skipped) {
    return BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, skipped);
}
// A whole call asks the supervisor.
#define NITROSCOPE_ASK(number) unless(number, 1), answer(SECCOMP_RET_USER_NOTIF)

// The low word of an argument: both architectures are little-endian, and all that is compared is an int.
constexpr size_t argument(size_t index) {
    return offsetof(seccomp_data, args) + index * sizeof(__u64);
}

} // namespace

int installFilter() {
    static constexpr sock_filter program[] = {
        // Calls of another architecture (32-bit programs) have other numbers; they are not served.
        load(offsetof(seccomp_data, arch)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, nativeArch, 1, 0),
        answer(SECCOMP_RET_ALLOW),
        load(offsetof(seccomp_data, nr)),
        NITROSCOPE_ASK(__NR_bind),
        NITROSCOPE_ASK(__NR_connect),
        NITROSCOPE_ASK(__NR_listen),
#ifdef __NR_accept
        NITROSCOPE_ASK(__NR_accept),
#endif
        NITROSCOPE_ASK(__NR_accept4),
        NITROSCOPE_ASK(__NR_getsockname),
        NITROSCOPE_ASK(__NR_getpeername),
        // Of these only what is vsock's, or what a Unix socket answers otherwise.
        unless(__NR_setsockopt, 4),
        load(argument(1)),
        unless(AF_VSOCK, 1),
        answer(SECCOMP_RET_USER_NOTIF),
        answer(SECCOMP_RET_ALLOW),
        unless(__NR_getsockopt, 10),
        load(argument(1)),
        unless(AF_VSOCK, 1),
        answer(SECCOMP_RET_USER_NOTIF),
        unless(SOL_SOCKET, 5),
        load(argument(2)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SO_ERROR, 2, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SO_DOMAIN, 1, 0),
        unless(SO_PEERCRED, 1),
        answer(SECCOMP_RET_USER_NOTIF),
        answer(SECCOMP_RET_ALLOW),
        unless(__NR_socket, 4),
        load(argument(0)),
        unless(AF_VSOCK, 1),
        answer(SECCOMP_RET_USER_NOTIF),
        answer(SECCOMP_RET_ALLOW),
        unless(__NR_ioctl, 3),
        load(argument(1)),
        unless(IOCTL_VM_SOCKETS_GET_LOCAL_CID, 1),
        answer(SECCOMP_RET_USER_NOTIF),
        answer(SECCOMP_RET_ALLOW),
    };
    const sock_fprog filter{sizeof program / sizeof *program, const_cast<sock_filter *>(program)};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return -1;
    return static_cast<int>(
        syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &filter));
}

} // namespace nitroscope::supervise
