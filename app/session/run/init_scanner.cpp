// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/session/run/init_scanner.hpp"

#include "app/session/run/panic_scanner.hpp"

#include <algorithm>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;
namespace {

// "[    1.234567] words", and the words of a kernel that prints no times when it reboots.
bool isKernelLine(QByteArrayView line) {
    const qsizetype end = line.indexOf(']');
    const auto isOfTime = [](char c) { return c == ' ' || c == '.' || (c >= '0' && c <= '9'); };
    return line.startsWith("reboot: ") || (line.startsWith('[') && end > 1 && line.first(end).contains('.') &&
                                           std::all_of(line.begin() + 1, line.begin() + end, isOfTime));
}

} // namespace

void InitScanner::feed(const QByteArray &bytes) {
    for (qsizetype start = 0; !m_isOver && start < bytes.size();) {
        const qsizetype found = bytes.indexOf('\n', start);
        const qsizetype end = found < 0 ? bytes.size() : found;
        m_line += QByteArrayView(bytes).sliced(start, end - start).last(qMin(end - start, maxLineLength));
        if (m_line.size() > maxLineLength)
            m_line = m_line.last(maxLineLength);
        if (found >= 0)
            endLine();
        start = end + 1;
    }
}

void InitScanner::endLine() {
    const QByteArray line = std::exchange(m_line, {}).trimmed();
    if (line.contains(panicMarker))
        m_isOver = true;
    else if (!line.isEmpty() && !isKernelLine(line))
        m_previous = std::exchange(m_last, line);
}

ProgramEnd InitScanner::programEnd() const {
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
