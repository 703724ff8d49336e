// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/features/pcr/pcr_history_model.hpp"

#include "app/ui/text/roles.hpp"

namespace nitroscope::app {
namespace {

QString causeText(const QString &cause) {
    static const std::pair<const char *, const char *> names[] = {{"reset", "reset to zero"},
                                                                  {"seed", "measured at launch"},
                                                                  {"lock", "locked"},
                                                                  {"extend", "extended"},
                                                                  {"load", "snapshot loaded"}};
    for (const auto &[name, text] : names)
        if (cause == QLatin1String(name))
            return QString::fromLatin1(text);
    return cause;
}

} // namespace

int PcrHistoryModel::rowCount(const QModelIndex &parent) const {
    return parent.isValid() ? 0 : static_cast<int>(m_changes[static_cast<size_t>(m_pcr)].size());
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
            return causeText(change.cause);
        case transaction:
            return change.transaction ? QString::number(change.transaction) : QString();
        default:
            return QString::fromLatin1(change.pcr.value.toHex());
        }
    case Qt::ToolTipRole:
        return change.transaction
                   ? QVariant(
                         QStringLiteral("Double-click to see NSM transaction %1").arg(change.transaction))
                   : QVariant();
    case Qt::TextAlignmentRole:
        return cell.column() == time || cell.column() == transaction
                   ? QVariant(Qt::AlignRight | Qt::AlignVCenter)
                   : QVariant();
    case monospaceRole:
        return cell.column() != cause;
    case toneRole:
        return static_cast<int>(cell.column() == time ||
                                        (cell.column() == value && change.cause != QLatin1String("extend"))
                                    ? Tone::muted
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

void PcrHistoryModel::restart() {
    beginResetModel();
    for (auto &list : m_changes)
        list.clear();
    m_notKept = 0;
    endResetModel();
}

void PcrHistoryModel::add(const PcrChange &change) {
    auto &list = m_changes[static_cast<size_t>(change.pcr.index)];
    if (list.size() >= mostChanges) {
        ++m_notKept;
        return;
    }
    if (change.pcr.index != m_pcr) {
        list.push_back(change);
        return;
    }
    beginInsertRows({}, rowCount(), rowCount());
    list.push_back(change);
    endInsertRows();
}

void PcrHistoryModel::setPcr(int index) {
    if (index == m_pcr || index < 0 || index > 31)
        return;
    beginResetModel();
    m_pcr = index;
    endResetModel();
}

int PcrHistoryModel::extensions(int index) const {
    const auto &list = m_changes[static_cast<size_t>(index)];
    return static_cast<int>(std::count_if(list.begin(), list.end(), [](const PcrChange &change) {
        return change.cause == QLatin1String("extend");
    }));
}

} // namespace nitroscope::app
