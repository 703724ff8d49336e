// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/session/run/console_scanner.hpp"

#include <utility>

namespace nitroscope::app {

void ConsoleScanner::feed(const QByteArray &bytes) {
    for (qsizetype start = 0; !m_isOver && start < bytes.size();) {
        const qsizetype found = bytes.indexOf('\n', start);
        const qsizetype end = found < 0 ? bytes.size() : found;
        const QByteArrayView piece = QByteArrayView(bytes).sliced(start, end - start);
        if (!m_hasPanicked)
            lookForPanic(piece);
        else
            m_line += piece.first(qMin(piece.size(), maxPanicLength - m_line.size()));
        if (found >= 0)
            endLine();
        start = end + 1;
    }
}

// In the line as far as it is known; its words may be cut between two pieces.
void ConsoleScanner::lookForPanic(QByteArrayView piece) {
    m_line += piece;
    if (const qsizetype at = m_lines.panicAt(m_line); at >= 0) {
        m_hasPanicked = true;
        m_line = m_line.sliced(at, qMin(m_line.size() - at, maxPanicLength));
    } else if (m_line.size() > maxLineLength) {
        m_line = m_line.last(maxLineLength);
    }
}

void ConsoleScanner::endLine() {
    if (m_hasPanicked) {
        m_isOver = true;
        return;
    }
    const QByteArray line = std::exchange(m_line, {}).trimmed();
    m_lines.see(line);
    if (!line.isEmpty() && !m_lines.isKernels(line))
        m_previous = std::exchange(m_last, line);
}

QString ConsoleScanner::panicLine() const {
    return m_hasPanicked ? QString::fromUtf8(m_line).trimmed() : QString();
}

ProgramEnd ConsoleScanner::programEnd() const {
    // What the program wrote before may lack a line break.
    if (m_last.endsWith("child exited by signal"))
        return {ProgramEnd::Kind::signalled, {}};
    if (!m_last.endsWith("child exited with error"))
        return {};
    const qsizetype words = m_previous.indexOf("execvpe: ");
    if (words >= 0)
        return {ProgramEnd::Kind::notStarted, QString::fromUtf8(m_previous.sliced(words))};
    return {ProgramEnd::Kind::failed, {}};
}

} // namespace nitroscope::app
