// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/session/kms/kms_decision.hpp"

#include "app/kms/lint/policy_lint.hpp"

#include <QRegularExpression>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;

namespace {

// As kms::decisionText() writes them: a policy at two blanks, a statement at four, a condition at six.
const QRegularExpression &policyShape() {
    static const QRegularExpression shape(u"^  (\\S.*)$"_s);
    return shape;
}
const QRegularExpression &statementShape() {
    static const QRegularExpression shape(u"^    \\S.*, line (\\d+): (Allow|Deny), applies"_s);
    return shape;
}
const QRegularExpression &conditionShape() {
    static const QRegularExpression shape(u"^      ([✓✗]) \\S+ (\\S+) \\(line (\\d+)\\)$"_s);
    return shape;
}

QString word(formats::Severity severity) {
    return severity == formats::Severity::error     ? u"Error"_s
           : severity == formats::Severity::warning ? u"Warning"_s
                                                    : u"Note"_s;
}

} // namespace

std::vector<PolicyMark> policyMarks(const QString &explanation) {
    std::vector<PolicyMark> marks;
    bool isOfKey = false;
    for (const QString &line : explanation.split(u'\n')) {
        if (const auto policy = policyShape().match(line); policy.hasMatch())
            isOfKey = policy.captured(1) == "key policy"_L1;
        if (!isOfKey)
            continue;
        if (const auto statement = statementShape().match(line); statement.hasMatch())
            marks.push_back({statement.captured(1).toInt(), statement.captured(2) == "Allow"_L1
                                                                ? PolicyMark::Kind::allows
                                                                : PolicyMark::Kind::denies});
        else if (const auto condition = conditionShape().match(line); condition.hasMatch())
            marks.push_back({condition.captured(3).toInt(), condition.captured(1) == u"✓"_s
                                                                ? PolicyMark::Kind::holds
                                                                : PolicyMark::Kind::fails});
    }
    return marks;
}

std::optional<int> differingPcr(const QString &explanation) {
    static const QRegularExpression key(u"^kms:RecipientAttestation:(?:PCR(\\d{1,2})|ImageSha384)$"_s,
                                        QRegularExpression::CaseInsensitiveOption);
    for (const QString &line : explanation.split(u'\n'))
        if (const auto condition = conditionShape().match(line);
            condition.hasMatch() && condition.captured(1) == u"✗"_s)
            if (const auto pcr = key.match(condition.captured(2)); pcr.hasMatch())
                return pcr.captured(1).toInt(); // "" is 0
    return std::nullopt;
}

QStringList policyFindings(const QByteArray &policy) {
    if (policy.isEmpty())
        return {};
    QStringList lines;
    for (const formats::LintFinding &finding : kms::lintPolicy(kms::parsePolicy(policy), policy).listed)
        lines << u"%1, %2: %3 %4"_s.arg(word(finding.severity), finding.where, finding.why, finding.advice)
                     .trimmed();
    return lines;
}

} // namespace nitroscope::app
