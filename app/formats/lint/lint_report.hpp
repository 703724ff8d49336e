// SPDX-License-Identifier: GPL-2.0-or-later
//
// Collects what the rules find.

#pragma once

#include "app/formats/lint/lint_finding.hpp"

namespace nitroscope::formats {

class LintReport {
public:
    void error(const char *rule, const QString &where, const QString &why, const QString &advice,
               ByteRange range = {}) {
        add(rule, Severity::error, where, why, advice, range);
    }
    void warning(const char *rule, const QString &where, const QString &why, const QString &advice,
                 ByteRange range = {}) {
        add(rule, Severity::warning, where, why, advice, range);
    }
    void note(const char *rule, const QString &where, const QString &why, const QString &advice,
              ByteRange range = {}) {
        add(rule, Severity::note, where, why, advice, range);
    }
    void add(const QByteArray &rule, Severity severity, const QString &where, const QString &why,
             const QString &advice, ByteRange range);

    // A limit ended the reading of something.
    void markIncomplete() { m_result.isComplete = false; }

    LintFindings take();

private:
    std::array<std::vector<LintFinding>, 4> m_findings; // By severity, each no longer than the whole list.
    LintFindings m_result;
};

} // namespace nitroscope::formats
