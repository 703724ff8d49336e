// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/session/process/process_handle.hpp"

#include <QByteArray>
#include <QFile>
#include <sys/syscall.h>
#include <unistd.h>
#include <utility>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;

namespace {

constexpr int stateField = 0, parentField = 1, startField = 19; // of those after the name

// What /proc/PID/stat has after the name (proc(5)); empty when there is no such process.
QList<QByteArray> statusOf(qint64 pid) {
    QFile file(u"/proc/%1/stat"_s.arg(pid));
    if (pid <= 0 || !file.open(QIODevice::ReadOnly))
        return {};
    // The name stands in parentheses and may hold anything, parentheses included.
    const QByteArray stat = file.readAll();
    return stat.mid(stat.lastIndexOf(')') + 2).split(' ');
}

} // namespace

std::optional<ProcessName> processNamed(qint64 pid) {
    const QList<QByteArray> fields = statusOf(pid);
    if (fields.size() <= startField || fields[stateField] == "Z" || fields[stateField] == "X")
        return std::nullopt;
    return ProcessName{pid, fields[startField].toULongLong()};
}

std::optional<qint64> parentOf(qint64 pid) {
    const QList<QByteArray> fields = statusOf(pid);
    return fields.size() > parentField ? std::optional(fields[parentField].toLongLong()) : std::nullopt;
}

std::optional<ProcessHandle> ProcessHandle::open(const ProcessName &name) {
    // By number: glibc has the wrappers only since 2.36.
    const int descriptor = static_cast<int>(syscall(SYS_pidfd_open, static_cast<pid_t>(name.pid), 0));
    if (descriptor < 0)
        return std::nullopt;
    ProcessHandle handle(descriptor);
    // Looked at after the open: from here on the descriptor means this very process.
    if (!isAlive(name))
        return std::nullopt;
    return handle;
}

ProcessHandle::ProcessHandle(ProcessHandle &&other) noexcept
    : m_descriptor(std::exchange(other.m_descriptor, -1)) {}

ProcessHandle &ProcessHandle::operator=(ProcessHandle &&other) noexcept {
    std::swap(m_descriptor, other.m_descriptor);
    return *this;
}

ProcessHandle::~ProcessHandle() {
    if (m_descriptor >= 0)
        close(m_descriptor);
}

bool ProcessHandle::signal(int number) const {
    return syscall(SYS_pidfd_send_signal, m_descriptor, number, nullptr, 0) == 0;
}

} // namespace nitroscope::app
