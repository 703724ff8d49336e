// SPDX-License-Identifier: GPL-2.0-or-later
//
// See lint_report.hpp. Each severity is kept apart up to the list's length, so that no number of notes takes an
// error's place.

#include "app/formats/lint/lint_report.hpp"

#include <algorithm>
#include <iterator>
#include <numeric>

namespace nitroscope::formats {

qint64 LintFindings::unlisted() const {
    return std::accumulate(found.begin(), found.end(), qint64{0}) - static_cast<qint64>(listed.size());
}

void LintReport::add(const QByteArray &rule, Severity severity, const QString &where, const QString &why,
                     const QString &advice, ByteRange range) {
    const auto index = static_cast<size_t>(severity);
    ++m_result.found[index];
    if (m_findings[index].size() < LintFindings::maxListed)
        m_findings[index].push_back({QString::fromLatin1(rule), severity, where, why, advice, range});
}

LintFindings LintReport::take() {
    std::vector<LintFinding> &listed = m_result.listed;
    for (auto findings = m_findings.rbegin(); findings != m_findings.rend(); ++findings) {
        const auto room = static_cast<std::ptrdiff_t>(LintFindings::maxListed - listed.size());
        const auto end = findings->begin() + std::min(room, static_cast<std::ptrdiff_t>(findings->size()));
        std::move(findings->begin(), end, std::back_inserter(listed));
    }
    return std::move(m_result);
}

} // namespace nitroscope::formats
