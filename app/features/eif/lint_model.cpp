// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/features/eif/lint_model.hpp"

#include "app/ui/lists/node_tree_model.hpp"
#include "app/ui/text/roles.hpp"

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;

using formats::LintFinding;
using formats::Severity;

namespace {

QString severityWord(Severity severity) {
    return severity == Severity::error     ? u"error"_s
           : severity == Severity::warning ? u"warning"_s
                                           : u"note"_s;
}

} // namespace

void LintModel::setFindings(formats::LintFindings findings) {
    beginResetModel();
    m_findings = std::move(findings);
    endResetModel();
}

QString LintModel::summary() const {
    QStringList parts;
    for (const Severity each : {Severity::error, Severity::warning, Severity::note})
        if (const qint64 number = count(each))
            parts << u"%1 %2%3"_s.arg(number).arg(severityWord(each), number == 1 ? QString() : u"s"_s);
    return parts.isEmpty() ? u"No findings"_s : parts.join(u", "_s);
}

QString LintModel::unlistedText() const {
    const qint64 more = m_findings.unlisted();
    return more == 0 ? QString() : u"%1 more are counted but not listed; the worst come first."_s.arg(more);
}

int LintModel::rowCount(const QModelIndex &parent) const {
    return parent.isValid() ? 0 : static_cast<int>(m_findings.listed.size());
}

int LintModel::columnCount(const QModelIndex &) const {
    return columnCountValue;
}

QVariant LintModel::data(const QModelIndex &cell, int role) const {
    if (!checkIndex(cell, CheckIndexOption::IndexIsValid))
        return {};
    const LintFinding &finding = findingAt(cell.row());
    switch (role) {
    case Qt::DisplayRole:
        return cell.column() == severity ? severityWord(finding.severity)
               : cell.column() == where  ? finding.where
               : cell.column() == why    ? finding.why
                                         : finding.rule;
    case Qt::ToolTipRole:
        return foreignTip(finding.why + u' ' + finding.advice);
    case severityRole:
        return static_cast<int>(cell.column() == severity ? finding.severity : Severity::none);
    case toneRole:
        return static_cast<int>(cell.column() == rule ? Tone::muted : Tone::normal);
    case byteRangeRole:
        return QVariant::fromValue(finding.range);
    default:
        return {};
    }
}

QVariant LintModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole)
        return {};
    static const char *const titles[] = {"Severity", "Where", "Why", "Rule"};
    return section >= 0 && section < columnCountValue ? QString::fromLatin1(titles[section]) : QVariant();
}

} // namespace nitroscope::app
