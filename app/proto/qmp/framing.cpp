// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/proto/qmp/framing.hpp"

#include <utility>

namespace nitroscope::qmp {

using namespace Qt::Literals::StringLiterals;

std::vector<app::Result<Frame>> Framer::feed(const QByteArray &bytes) {
    std::vector<app::Result<Frame>> frames;
    qsizetype start = 0;
    while (start < bytes.size()) {
        const qsizetype newline = bytes.indexOf('\n', start);
        const qsizetype end = newline < 0 ? bytes.size() : newline;

        if (!m_skipping && m_partial.size() + (end - start) > m_longestLine) {
            app::Error error{u"qmp-line-too-long"_s,
                             u"A QMP message is longer than %1 bytes."_s.arg(m_longestLine),
                             m_lineOffset,
                             {}};
            frames.push_back(tl::unexpected(std::move(error)));
            m_partial.clear();
            m_skipping = true;
        }
        if (!m_skipping)
            m_partial.append(bytes.constData() + start, end - start);

        start = end + 1;
        if (newline < 0)
            break;
        while (m_partial.endsWith('\r'))
            m_partial.chop(1);
        if (!m_skipping && !m_partial.isEmpty())
            frames.push_back(Frame{m_lineOffset, std::exchange(m_partial, {})});
        m_partial.clear();
        m_skipping = false;
        m_lineOffset = m_position + static_cast<quint64>(start);
    }
    m_position += static_cast<quint64>(bytes.size());
    return frames;
}

} // namespace nitroscope::qmp
