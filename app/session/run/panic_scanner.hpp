// SPDX-License-Identifier: GPL-2.0-or-later
//
// Finds a Linux kernel panic in console output that arrives in arbitrary pieces.
//
// An enclave has no panic device, and after a panic the kernel reboots as if all were well. The line on the
// console is all there is to tell the two ends apart.
#pragma once

#include <QByteArray>
#include <QString>

namespace nitroscope::app {

// panic() in the kernel's kernel/panic.c prints this before its message.
inline constexpr char panicMarker[] = "Kernel panic - not syncing";

class PanicScanner {
public:
    void feed(const QByteArray &bytes);

    bool seen() const { return m_seen; }
    // From "Kernel panic" to the end of the line, as far as it has arrived; at most maxLineLength bytes.
    QString line() const;

    static constexpr qsizetype maxLineLength = 200;

private:
    QByteArray m_tail; // not seen: the last bytes that may begin the words; seen: the line
    bool m_seen = false;
    bool m_complete = false;
};

} // namespace nitroscope::app
