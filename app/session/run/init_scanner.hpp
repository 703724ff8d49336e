// SPDX-License-Identifier: GPL-2.0-or-later
//
// Finds in console output, which arrives in arbitrary pieces, what an enclave's init said last: the lines that tell
// how the image's program ended, and the one that explains a panic. To QEMU all of these ends are the same reboot.
//
// The words are those of AWS's init (docs/enclave-init.md). The kernel's own lines do not count.
#pragma once

#include <QByteArray>
#include <QString>

namespace nitroscope::app {

struct ProgramEnd {
    enum class Kind { unknown, failed, signalled, notStarted };
    Kind kind = Kind::unknown;
    QString line; // notStarted: init's words from "execvpe:" on
};

class InitScanner {
public:
    void feed(const QByteArray &bytes);

    // By the lines so far; unknown when the program, or somebody else, has said something since.
    ProgramEnd programEnd() const;
    // The last line before a panic, which is usually init's; empty when there was none.
    QString lastLine() const { return QString::fromUtf8(m_last); }

    // Of a line without an end the last bytes are kept.
    static constexpr qsizetype maxLineLength = 1024;

private:
    void endLine();

    QByteArray m_line, m_last, m_previous; // m_line: not complete yet
    bool m_isOver = false;                 // the kernel panicked
};

} // namespace nitroscope::app
