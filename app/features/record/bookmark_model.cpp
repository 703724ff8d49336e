// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/features/record/bookmark_model.hpp"

#include "app/ui/text/roles.hpp"

#include <utility>

namespace nitroscope::app {

int BookmarkModel::rowCount(const QModelIndex &parent) const {
    return parent.isValid() ? 0 : static_cast<int>(m_bookmarks.size());
}

int BookmarkModel::columnCount(const QModelIndex &parent) const {
    return parent.isValid() ? 0 : columnCountValue;
}

QVariant BookmarkModel::data(const QModelIndex &cell, int role) const {
    if (!checkIndex(cell, CheckIndexOption::IndexIsValid | CheckIndexOption::ParentIsInvalid))
        return {};
    const Bookmark &bookmark = at(cell.row());
    switch (role) {
    case Qt::DisplayRole:
        return cell.column() == instruction ? QString::number(bookmark.instruction)
               : cell.column() == name      ? bookmark.name
                                            : QString(bookmark.note).replace(u'\n', u' ');
    case Qt::ToolTipRole:
        return cell.column() == note ? QVariant(foreignTip(bookmark.note)) : QVariant();
    case Qt::TextAlignmentRole:
        return cell.column() == instruction ? QVariant(Qt::AlignRight | Qt::AlignVCenter) : QVariant();
    case monospaceRole:
        return cell.column() == instruction;
    case changedRole:
        return m_now == bookmark.instruction;
    case staleRole:
        return m_now && bookmark.instruction > *m_now;
    case rawValueRole:
        return QVariant::fromValue(bookmark.instruction);
    default:
        return {};
    }
}

QVariant BookmarkModel::headerData(int section, Qt::Orientation orientation, int role) const {
    static const char *const titles[] = {"Instruction", "Name", "Note"};
    return orientation == Qt::Horizontal && role == Qt::DisplayRole && section >= 0 &&
                   section < columnCountValue
               ? QVariant(QString::fromLatin1(titles[section]))
               : QVariant();
}

void BookmarkModel::setBookmarks(const QVector<Bookmark> &bookmarks) {
    if (bookmarks == m_bookmarks)
        return;
    beginResetModel();
    m_bookmarks = bookmarks;
    endResetModel();
}

void BookmarkModel::setNow(std::optional<quint64> place) {
    if (std::exchange(m_now, place) != place && !m_bookmarks.isEmpty())
        emit dataChanged(index(0, 0), index(rowCount() - 1, columnCountValue - 1));
}

} // namespace nitroscope::app
