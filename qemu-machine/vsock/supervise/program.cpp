// SPDX-License-Identifier: GPL-2.0-or-later
#include "qemu-machine/vsock/supervise/program.hpp"

#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <memory>
#include <sys/syscall.h>
#include <sys/uio.h>

namespace nitroscope::supervise {
namespace {

// The process that a thread belongs to; 0 when it has ended.
pid_t processOf(pid_t thread) {
    char name[32], line[128];
    std::snprintf(name, sizeof name, "/proc/%d/status", thread);
    const std::unique_ptr<FILE, int (*)(FILE *)> file(std::fopen(name, "re"), &std::fclose);
    pid_t process = 0;
    while (file && process == 0 && std::fgets(line, sizeof line, file.get()) != nullptr)
        std::sscanf(line, "Tgid: %d", &process);
    return process;
}

// Nothing is remembered from call to call: numbers of threads are used again.
Descriptor openProcess(pid_t thread) {
    Descriptor process(static_cast<int>(syscall(SYS_pidfd_open, thread, 0)));
    if (!process) // not the first thread of its process
        process = Descriptor(static_cast<int>(syscall(SYS_pidfd_open, processOf(thread), 0)));
    return process;
}

} // namespace

bool Program::read(std::uint64_t address, void *to, size_t size) const {
    const iovec ours{to, size}, theirs{reinterpret_cast<void *>(address), size};
    return process_vm_readv(m_thread, &ours, 1, &theirs, 1, 0) == static_cast<ssize_t>(size);
}

bool Program::write(std::uint64_t address, const void *from, size_t size) const {
    const iovec ours{const_cast<void *>(from), size}, theirs{reinterpret_cast<void *>(address), size};
    return process_vm_writev(m_thread, &ours, 1, &theirs, 1, 0) == static_cast<ssize_t>(size);
}

Descriptor Program::borrow(int fd) const {
    const Descriptor process = openProcess(m_thread);
    if (!process)
        return {};
    return Descriptor(static_cast<int>(syscall(SYS_pidfd_getfd, process.get(), fd, 0)));
}

bool Program::closesOnExec(int fd) const {
    char name[48], line[128];
    std::snprintf(name, sizeof name, "/proc/%d/fdinfo/%d", m_thread, fd);
    const std::unique_ptr<FILE, int (*)(FILE *)> file(std::fopen(name, "re"), &std::fclose);
    unsigned flags = 0;
    while (file && std::fgets(line, sizeof line, file.get()) != nullptr)
        if (std::sscanf(line, "flags: %o", &flags) == 1)
            break;
    return (flags & O_CLOEXEC) != 0;
}

} // namespace nitroscope::supervise
