// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a guest's console says of its end, in pieces that are cut anywhere: the kernel's panic, and what the enclave's
// init said last, which tells how the image's program ended and explains a panic. To QEMU all of these ends are the
// same reboot: an enclave has no panic device, and after a panic the kernel reboots as if all were well.
//
// The words are those of panic() in the kernel's kernel/panic.c and of AWS's init (docs/enclave-init.md). The kernel's
// own lines do not count as init's, and a program's that quote a panic are none (kernel_lines.hpp).
#pragma once

#include "app/session/run/kernel_lines.hpp"

#include <QByteArray>
#include <QString>

namespace nitroscope::app {

struct ProgramEnd {
    enum class Kind { unknown, failed, signalled, notStarted };
    Kind kind = Kind::unknown;
    QString line; // notStarted: init's words from "execvpe:" on
};

class ConsoleScanner {
public:
    // What comes after a panic is only the rest of its line.
    void feed(const QByteArray &bytes);

    bool hasPanicked() const { return m_hasPanicked; }
    // From "Kernel panic" to the end of the line, as far as it has arrived; at most maxPanicLength bytes.
    QString panicLine() const;
    // By the lines so far; unknown when the program, or somebody else, has said something since.
    ProgramEnd programEnd() const;
    // The last line before a panic, which is usually init's; empty when there was none.
    QString lastLine() const { return QString::fromUtf8(m_last); }

    // Of a line without an end the last bytes are kept, of a panic's the first.
    static constexpr qsizetype maxLineLength = 1024, maxPanicLength = 200;

private:
    void lookForPanic(QByteArrayView piece);
    void endLine();

    KernelLines m_lines;
    QByteArray m_line; // not complete yet, from the panic's words on when there is one
    QByteArray m_last, m_previous;
    bool m_hasPanicked = false, m_isOver = false; // the panic's line has arrived
};

} // namespace nitroscope::app
