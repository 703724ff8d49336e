// SPDX-License-Identifier: GPL-2.0-or-later
//
// QMP framing: a byte stream cut into lines.
//
// The QMP specification (docs/interop/qmp-spec.rst of QEMU) lets JSON span lines, but without the `pretty`
// option QEMU ends every message with CR LF and puts none inside, so a line is a message. Lines are bounded:
// a peer that never sends a newline costs at most one line of memory.
#pragma once

#include "app/core/result.hpp"

#include <QByteArray>
#include <vector>

namespace nitroscope::qmp {

struct Frame {
    quint64 offset = 0; // of the line's first byte, counted from the start of the stream
    QByteArray line;    // without its line ending; never empty
};

class Framer {
public:
    // query-qmp-schema, the longest answer that QEMU gives, has about 300 KiB.
    static constexpr qsizetype defaultLongestLine = 4 * 1024 * 1024;

    explicit Framer(qsizetype maxLineLength = defaultLongestLine) : m_longestLine(maxLineLength) {}

    // The lines that `bytes` completes, in order. A line that grows too long yields one error
    // (qmp-line-too-long, offset of its first byte) and is skipped up to its end.
    std::vector<app::Result<Frame>> feed(const QByteArray &bytes);

    // Bytes of the stream seen so far.
    quint64 position() const { return m_position; }

private:
    QByteArray m_partial;     // the line that has not ended yet
    quint64 m_lineOffset = 0; // where it began
    quint64 m_position = 0;
    qsizetype m_longestLine;
    bool m_skipping = false; // inside a line that was too long
};

} // namespace nitroscope::qmp
