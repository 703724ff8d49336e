// SPDX-License-Identifier: GPL-2.0-or-later
//
// Paints the cells of every list and tree of the app from the roles in app/ui/text/roles.hpp: tone, monospace
// digits, severity icon, changed and stale. Digests too long for their column lose their middle, because
// their ends are what people compare.
#pragma once

#include <initializer_list>
#include <QStyledItemDelegate>

class QAbstractItemView;
class QTableView;
class QTreeView;

namespace nitroscope::app {

class CellDelegate : public QStyledItemDelegate {
    Q_OBJECT
public:
    using QStyledItemDelegate::QStyledItemDelegate;

    void paint(QPainter *painter, const QStyleOptionViewItem &option,
               const QModelIndex &index) const override;
    QSize sizeHint(const QStyleOptionViewItem &option, const QModelIndex &index) const override;
    QString displayText(const QVariant &value, const QLocale &locale) const override;

protected:
    void initStyleOption(QStyleOptionViewItem *option, const QModelIndex &index) const override;
};

// The look that all tables and trees of the app share.
void prepareTable(QTableView &table);
void prepareTree(QTreeView &tree);
// Columns wide enough for so many digits each, which is enough for as many letters.
void setColumnCharacters(QTableView &table, std::initializer_list<int> characters);
// Selected cells as text: columns separated by tabs, rows by line ends; uses copyTextRole where a cell has
// it.
QString selectedCellsText(const QAbstractItemView &view);

} // namespace nitroscope::app
