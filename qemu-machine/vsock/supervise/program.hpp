// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a supervisor may do with a program that waits for its answer: read and write its memory, borrow its descriptors and
// give it new ones.
#pragma once

#include <cstddef>
#include <cstdint>
#include <sys/socket.h>
#include <sys/types.h>
#include <unistd.h>
#include <utility>

namespace nitroscope::supervise {

// Owns a descriptor.
class Descriptor {
public:
    Descriptor() = default;
    explicit Descriptor(int fd) : m_fd(fd) {}
    Descriptor(Descriptor &&other) noexcept : m_fd(std::exchange(other.m_fd, -1)) {}
    Descriptor &operator=(Descriptor &&other) noexcept {
        std::swap(m_fd, other.m_fd);
        return *this;
    }
    ~Descriptor() {
        if (m_fd >= 0)
            close(m_fd);
    }
    int get() const { return m_fd; }
    int release() { return std::exchange(m_fd, -1); }
    explicit operator bool() const { return m_fd >= 0; }

private:
    int m_fd = -1;
};

// `thread` is any thread of the program.
class Program {
public:
    explicit Program(pid_t thread) : m_thread(thread) {}

    // All or nothing.
    bool read(std::uint64_t address, void *to, size_t size) const;
    bool write(std::uint64_t address, const void *from, size_t size) const;

    // A duplicate of the program's descriptor, to be closed before the answer: as long as we have one, the program's close()
    // does not end the connection. Empty with errno.
    Descriptor borrow(int fd) const;
    bool closesOnExec(int fd) const;

private:
    pid_t m_thread;
};

} // namespace nitroscope::supervise
