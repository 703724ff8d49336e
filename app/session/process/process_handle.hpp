// SPDX-License-Identifier: GPL-2.0-or-later
//
// Another process of this user, named so that a process id which was used again is never taken for it: by its
// id and by when it started, as the kernel counts it (proc(5), stat, field 22).
#pragma once

#include <optional>
#include <QtGlobal>

namespace nitroscope::app {

struct ProcessName {
    qint64 pid = 0;
    quint64 startTicks = 0; // since the computer's start

    bool operator==(const ProcessName &) const = default;
};

// Nothing when there is no such process, or only its zombie.
std::optional<ProcessName> processNamed(qint64 pid);
inline bool isAlive(const ProcessName &name) {
    return processNamed(name.pid) == name;
}

// Nothing when there is no such process.
std::optional<qint64> parentOf(qint64 pid);

// A descriptor of the process, which gets readable when it ends (pidfd_open(2)).
class ProcessHandle {
public:
    // Nothing when the process has ended.
    static std::optional<ProcessHandle> open(const ProcessName &name);
    ProcessHandle(ProcessHandle &&other) noexcept;
    ProcessHandle &operator=(ProcessHandle &&other) noexcept;
    ~ProcessHandle();

    int descriptor() const { return m_descriptor; }
    // False when it could not be sent, which normally means that the process has just ended.
    bool signal(int number) const;

private:
    explicit ProcessHandle(int descriptor) : m_descriptor(descriptor) {}
    int m_descriptor = -1;
};

} // namespace nitroscope::app
