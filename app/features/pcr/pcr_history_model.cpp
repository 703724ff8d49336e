// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/features/pcr/pcr_history_model.hpp"

#include "app/core/vocabulary.hpp"
#include "app/proto/pcapng/record.hpp"
#include "app/ui/text/roles.hpp"

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;
namespace {

constexpr WordText causeTexts[] = {{"reset", "reset to zero"},
                                   {"seed", "measured at launch"},
                                   {"lock", "locked"},
                                   {"extend", "extended"},
                                   {"load", "snapshot loaded"}};
constexpr std::string_view causeWords[] = {NSM_CAUSE_LIST(NITROSCOPE_WORD)};
static_assert(hasTexts(causeTexts, causeWords));

} // namespace

int PcrHistoryModel::rowCount(const QModelIndex &parent) const {
    return parent.isValid() ? 0 : m_rows;
}

int PcrHistoryModel::columnCount(const QModelIndex &parent) const {
    return parent.isValid() ? 0 : columnCountValue;
}

QVariant PcrHistoryModel::data(const QModelIndex &cell, int role) const {
    if (!checkIndex(cell, CheckIndexOption::IndexIsValid | CheckIndexOption::ParentIsInvalid))
        return {};
    const PcrChange &change = changeAt(cell.row());
    switch (role) {
    case Qt::DisplayRole:
        switch (cell.column()) {
        case time:
            return change.virtualNs < 0
                       ? QString()
                       : QString::number(static_cast<double>(change.virtualNs) / 1e9, 'f', 6);
        case cause:
            return textOf(causeTexts, change.cause);
        case transaction:
            return change.transaction ? QString::number(change.transaction) : QString();
        default:
            return QString::fromLatin1(change.pcr.value.toHex());
        }
    case Qt::ToolTipRole:
        return change.transaction
                   ? QVariant(u"Double-click to see NSM transaction %1"_s.arg(change.transaction))
                   : QVariant();
    case Qt::TextAlignmentRole:
        return cell.column() == time || cell.column() == transaction
                   ? QVariant(Qt::AlignRight | Qt::AlignVCenter)
                   : QVariant();
    case staleRole:
        return m_now && m_now->isBefore(change.offset);
    case monospaceRole:
        return cell.column() != cause;
    case toneRole:
        return static_cast<int>(
            cell.column() == time || (cell.column() == value && change.cause != "extend"_L1) ? Tone::muted
                                                                                             : Tone::normal);
    default:
        return {};
    }
}

QVariant PcrHistoryModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal)
        return {};
    if (role == Qt::TextAlignmentRole && (section == time || section == transaction))
        return QVariant(Qt::AlignRight | Qt::AlignVCenter);
    if (role != Qt::DisplayRole)
        return {};
    static const char *const titles[] = {"Time (s)", "Change", "NSM no.", "Value afterwards"};
    return section >= 0 && section < columnCountValue ? QString::fromLatin1(titles[section]) : QVariant();
}

int PcrHistoryModel::available() const {
    return m_account ? static_cast<int>(m_account->history(m_pcr).size()) : 0;
}

void PcrHistoryModel::setAccount(const PcrAccount &account) {
    m_account = &account;
    restart();
}

void PcrHistoryModel::restart() {
    beginResetModel();
    m_rows = available();
    endResetModel();
}

void PcrHistoryModel::update() {
    const int rows = available();
    if (rows == m_rows)
        return;
    beginInsertRows({}, m_rows, rows - 1);
    m_rows = rows;
    endInsertRows();
}

void PcrHistoryModel::setPcr(int index) {
    if (index == m_pcr || index < 0 || index >= PcrAccount::pcrCount)
        return;
    beginResetModel();
    m_pcr = index;
    m_rows = available();
    endResetModel();
}

void PcrHistoryModel::setNow(const std::optional<RunMoment> &now) {
    m_now = now;
    if (m_rows > 0)
        emit dataChanged(index(0, 0), index(m_rows - 1, columnCountValue - 1));
}

int PcrHistoryModel::extensions(int index) const {
    if (!m_account)
        return 0;
    const auto &history = m_account->history(index);
    return static_cast<int>(std::count_if(
        history.begin(), history.end(), [](const PcrChange &change) { return change.cause == "extend"_L1; }));
}

} // namespace nitroscope::app
