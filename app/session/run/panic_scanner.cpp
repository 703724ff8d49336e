// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/session/run/panic_scanner.hpp"

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;
namespace {

constexpr QByteArrayView marker = panicMarker;

} // namespace

void PanicScanner::feed(const QByteArray &bytes) {
    if (m_complete)
        return;
    m_tail += bytes;
    if (!m_seen) {
        const qsizetype at = m_tail.indexOf(marker);
        if (at < 0) {
            m_tail = m_tail.right(marker.size() - 1);
            return;
        }
        m_seen = true;
        m_tail.remove(0, at);
    }
    const qsizetype end = m_tail.indexOf('\n');
    m_complete = end >= 0 || m_tail.size() >= maxLineLength;
    m_tail.truncate(end >= 0 ? qMin(end, maxLineLength) : maxLineLength);
}

QString PanicScanner::line() const {
    return m_seen ? QString::fromUtf8(m_tail).trimmed() : QString();
}

} // namespace nitroscope::app
