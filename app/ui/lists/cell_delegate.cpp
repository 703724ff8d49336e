// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/ui/lists/cell_delegate.hpp"

#include "app/core/output/visible_text.hpp"
#include "app/formats/tree/node.hpp"
#include "app/ui/lists/table_content.hpp"
#include "app/ui/text/roles.hpp"
#include "app/ui/theme/icons.hpp"
#include "app/ui/theme/theme.hpp"

#include <algorithm>
#include <QApplication>
#include <QHeaderView>
#include <QPainter>
#include <QTableView>
#include <QTreeView>

namespace nitroscope::app {
namespace {

// Left and right of a cell's text; the header's sections have the same.
int padding(const QFontMetrics &metrics) {
    return metrics.height() * 2 / 5;
}

} // namespace

// Whatever a cell shows may be a name out of an image or a guest's words.
QString CellDelegate::displayText(const QVariant &value, const QLocale &locale) const {
    if (value.typeId() != QMetaType::QString)
        return QStyledItemDelegate::displayText(value, locale);
    return QStyledItemDelegate::displayText(visibleText(value.toString(), LineBreaks::kept), locale);
}

void CellDelegate::initStyleOption(QStyleOptionViewItem *option, const QModelIndex &index) const {
    QStyledItemDelegate::initStyleOption(option, index);
    if (index.data(monospaceRole).toBool()) {
        option->font = theme::monospace();
        option->fontMetrics = QFontMetrics(option->font);
        option->textElideMode = Qt::ElideMiddle;
    }
}

void CellDelegate::paint(QPainter *painter, const QStyleOptionViewItem &option,
                         const QModelIndex &index) const {
    QStyleOptionViewItem cell = option;
    initStyleOption(&cell, index);
    const QPalette &palette = cell.palette;
    const bool selected = cell.state & QStyle::State_Selected;
    const bool focused = cell.widget && cell.widget->hasFocus();
    painter->save();
    if (selected)
        painter->fillRect(cell.rect,
                          focused ? palette.color(QPalette::Highlight) : theme::quietSelection(palette));
    else if (index.data(changedRole).toBool())
        painter->fillRect(cell.rect, theme::changedBackground(palette));

    QRect room = cell.rect.adjusted(padding(cell.fontMetrics), 0, -padding(cell.fontMetrics), 0);
    if (cell.features & QStyleOptionViewItem::HasCheckIndicator) {
        const QStyle *style = cell.widget ? cell.widget->style() : QApplication::style();
        QStyleOptionViewItem box = cell;
        box.rect = style->subElementRect(QStyle::SE_ItemViewItemCheckIndicator, &cell, cell.widget);
        box.state.setFlag(QStyle::State_HasFocus, false);
        box.state |= cell.checkState == Qt::Checked ? QStyle::State_On : QStyle::State_Off;
        style->drawPrimitive(QStyle::PE_IndicatorItemViewItemCheck, &box, painter, cell.widget);
        room.setLeft(box.rect.right() + padding(cell.fontMetrics));
    }
    const auto severity = static_cast<formats::Severity>(index.data(severityRole).toInt());
    if (severity != formats::Severity::none) {
        const int side = cell.fontMetrics.ascent();
        const QRect box(room.left(), room.center().y() - side / 2, side, side);
        icons::severity(severity, palette).paint(painter, box);
        room.setLeft(box.right() + padding(cell.fontMetrics));
    }
    QColor color = theme::toneColor(palette, static_cast<Tone>(index.data(toneRole).toInt()));
    if (index.data(staleRole).toBool())
        color = theme::mixed(palette.color(QPalette::Base), color, 0.7);
    painter->setPen(selected && focused ? palette.color(QPalette::HighlightedText) : color);
    painter->setFont(cell.font);
    painter->drawText(room, static_cast<int>(cell.displayAlignment) | Qt::TextSingleLine,
                      cell.fontMetrics.elidedText(cell.text, cell.textElideMode, room.width()));
    painter->restore();
}

QSize CellDelegate::sizeHint(const QStyleOptionViewItem &option, const QModelIndex &index) const {
    QStyleOptionViewItem cell = option;
    initStyleOption(&cell, index);
    return {cell.fontMetrics.horizontalAdvance(cell.text) + 2 * padding(cell.fontMetrics),
            option.fontMetrics.height() * 3 / 2};
}

void prepareTable(QTableView &table) {
    table.setItemDelegate(new CellDelegate(&table));
    table.setShowGrid(false);
    table.setWordWrap(false);
    table.setFrameShape(QFrame::NoFrame);
    table.setSelectionBehavior(QAbstractItemView::SelectRows);
    table.setSelectionMode(QAbstractItemView::ExtendedSelection);
    table.setHorizontalScrollMode(QAbstractItemView::ScrollPerPixel);
    table.setTabKeyNavigation(false);
    table.verticalHeader()->hide();
    table.verticalHeader()->setSectionResizeMode(QHeaderView::Fixed);
    table.verticalHeader()->setDefaultSectionSize(table.fontMetrics().height() * 3 / 2);
    table.horizontalHeader()->setHighlightSections(false);
    table.horizontalHeader()->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    table.horizontalHeader()->setStretchLastSection(true);
    letColumnsBeChosen(*table.horizontalHeader());
}

void prepareTree(QTreeView &tree) {
    tree.setItemDelegate(new CellDelegate(&tree));
    tree.setUniformRowHeights(true);
    tree.setFrameShape(QFrame::NoFrame);
    tree.setSelectionMode(QAbstractItemView::ExtendedSelection);
    tree.setHorizontalScrollMode(QAbstractItemView::ScrollPerPixel);
    tree.header()->setStretchLastSection(false);
    letColumnsBeChosen(*tree.header());
}

void setColumnCharacters(QTableView &table, std::initializer_list<int> characters) {
    const QFontMetrics letters = table.fontMetrics(), digits(theme::monospace());
    const int each = std::max(letters.averageCharWidth(), digits.horizontalAdvance(u'0'));
    int column = 0;
    for (const int count : characters)
        table.setColumnWidth(column++, each * count + 2 * padding(letters));
}

QString selectedCellsText(const QAbstractItemView &view) {
    QModelIndexList rows;
    const QModelIndexList chosen = view.selectionModel()->selectedIndexes();
    for (const QModelIndex &cell : chosen)
        if (const QModelIndex first = cell.siblingAtColumn(0); !rows.contains(first))
            rows << first;
    // In the order shown; selections come in the order in which they were made.
    std::sort(rows.begin(), rows.end(), [&](const QModelIndex &a, const QModelIndex &b) {
        return view.visualRect(a).top() < view.visualRect(b).top();
    });
    QStringList lines;
    for (const QModelIndex &row : rows) {
        QStringList cells;
        for (int column = 0; column < view.model()->columnCount(row.parent()); ++column) {
            const QModelIndex cell = row.siblingAtColumn(column);
            const QVariant text = cell.data(copyTextRole);
            cells << (text.isValid() ? text.toString() : cell.data(Qt::DisplayRole).toString());
        }
        lines << cells.join(QLatin1Char('\t'));
    }
    return lines.join(QLatin1Char('\n'));
}

} // namespace nitroscope::app
