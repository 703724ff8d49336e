// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/session/run/kernel_lines.hpp"

#include <algorithm>

namespace nitroscope::app {
namespace {

// panic() in the kernel's kernel/panic.c prints this before its message.
constexpr QByteArrayView panicMarker = "Kernel panic - not syncing";

// Of a bracket that a line begins with, "[    1.234567]" or "[    T1]", with the space that may follow; 0: there is none.
template <class IsOfIt>
qsizetype bracketLength(QByteArrayView line, IsOfIt isOfIt) {
    const qsizetype end = line.indexOf(']');
    if (!line.startsWith('[') || end < 2 || !std::all_of(line.begin() + 1, line.begin() + end, isOfIt))
        return 0;
    return line.size() > end + 1 && line[end + 1] == ' ' ? end + 2 : end + 1;
}

// The time and, of kernels that print it, the task or CPU that speaks (CONFIG_PRINTK_CALLER).
qsizetype stampLength(QByteArrayView line) {
    const auto isDigit = [](char c) { return c >= '0' && c <= '9'; };
    const qsizetype time = bracketLength(line, [&](char c) { return c == ' ' || c == '.' || isDigit(c); });
    if (!line.first(time).contains('.'))
        return 0;
    return time + bracketLength(line.sliced(time),
                                [&](char c) { return c == ' ' || c == 'T' || c == 'C' || isDigit(c); });
}

bool endsWithStamp(QByteArrayView text) {
    constexpr qsizetype maxStamp = 64;
    for (qsizetype at = qMax<qsizetype>(0, text.size() - maxStamp); at < text.size(); ++at)
        if (text[at] == '[' && stampLength(text.sliced(at)) == text.size() - at)
            return true;
    return false;
}

} // namespace

void KernelLines::see(QByteArrayView line) {
    m_haveTimes = m_haveTimes || stampLength(line) > 0;
}

bool KernelLines::isKernels(QByteArrayView line) const {
    // The words are those of a kernel that prints no times, when it reboots.
    return stampLength(line) > 0 || (!m_haveTimes && line.startsWith("reboot: "));
}

qsizetype KernelLines::panicAt(QByteArrayView line) const {
    for (qsizetype at = line.indexOf(panicMarker); at >= 0; at = line.indexOf(panicMarker, at + 1))
        if (!m_haveTimes || endsWithStamp(line.first(at)))
            return at;
    return -1;
}

} // namespace nitroscope::app
