// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/ui/lists/check_list_model.hpp"

#include "app/ui/text/roles.hpp"

#include <algorithm>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;

using formats::attestation::Check;
using formats::attestation::Outcome;

namespace {

Tone toneOf(Outcome outcome) {
    switch (outcome) {
    case Outcome::passed:
        return Tone::good;
    case Outcome::surprising:
        return Tone::attention;
    case Outcome::failed:
        return Tone::bad;
    case Outcome::skipped:
        return Tone::muted;
    }
    return Tone::normal;
}

// In a table "skipped" would sound as if somebody had left it out.
QString wordOf(Outcome outcome) {
    return outcome == Outcome::skipped ? u"not checked"_s : formats::attestation::outcomeWord(outcome);
}

} // namespace

int CheckListModel::rowCount(const QModelIndex &parent) const {
    return parent.isValid() ? 0 : static_cast<int>(m_checks.size());
}

int CheckListModel::columnCount(const QModelIndex &parent) const {
    return parent.isValid() ? 0 : columnCountValue;
}

QVariant CheckListModel::data(const QModelIndex &cell, int role) const {
    if (!checkIndex(cell, CheckIndexOption::IndexIsValid | CheckIndexOption::ParentIsInvalid))
        return {};
    const Check &check = checkAt(cell.row());
    switch (role) {
    case Qt::DisplayRole:
        return cell.column() == outcome   ? wordOf(check.outcome)
               : cell.column() == subject ? check.subject
                                          : check.text;
    case Qt::ToolTipRole:
        return cell.column() == reason ? QVariant(foreignTip(check.text)) : QVariant();
    case toneRole:
        return static_cast<int>(cell.column() == outcome            ? toneOf(check.outcome)
                                : check.outcome == Outcome::skipped ? Tone::muted
                                                                    : Tone::normal);
    default:
        return {};
    }
}

QVariant CheckListModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole)
        return {};
    static const char *const titles[] = {"Verdict", "What", "Why"};
    return section >= 0 && section < columnCountValue ? QString::fromLatin1(titles[section]) : QVariant();
}

void CheckListModel::setChecks(std::vector<Check> checks) {
    // What matters first; the order of the checks otherwise.
    std::stable_sort(checks.begin(), checks.end(), [](const Check &a, const Check &b) {
        const auto rank = [](Outcome o) {
            return o == Outcome::failed ? 0 : o == Outcome::surprising ? 1 : 2;
        };
        return rank(a.outcome) < rank(b.outcome);
    });
    beginResetModel();
    m_checks = std::move(checks);
    endResetModel();
}

int CheckListModel::count(Outcome wanted) const {
    return static_cast<int>(
        std::count_if(m_checks.begin(), m_checks.end(), [&](const Check &c) { return c.outcome == wanted; }));
}

} // namespace nitroscope::app
