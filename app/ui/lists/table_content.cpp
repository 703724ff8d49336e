// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/ui/lists/table_content.hpp"

#include "app/ui/text/roles.hpp"

#include <functional>
#include <QHeaderView>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QMenu>
#include <QTableView>
#include <QTreeView>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;

namespace {

const QHeaderView *headerOf(const QAbstractItemView &view) {
    if (const auto *table = qobject_cast<const QTableView *>(&view))
        return table->horizontalHeader();
    if (const auto *tree = qobject_cast<const QTreeView *>(&view))
        return tree->header();
    return nullptr;
}

// In the order in which they stand.
std::vector<int> shownColumns(const QAbstractItemView &view) {
    const QHeaderView *header = headerOf(view);
    std::vector<int> columns;
    for (int at = 0; at < (header ? header->count() : view.model()->columnCount()); ++at) {
        const int column = header ? header->logicalIndex(at) : at;
        if (!header || !header->isSectionHidden(column))
            columns.push_back(column);
    }
    return columns;
}

// Rows that can be seen by scrolling: those of closed branches are not shown.
void forEachRow(const QAbstractItemView &view, const QModelIndex &parent,
                const std::function<void(const QModelIndex &)> &take) {
    const auto *tree = qobject_cast<const QTreeView *>(&view);
    for (int row = 0; row < view.model()->rowCount(parent); ++row) {
        const QModelIndex cell = view.model()->index(row, 0, parent);
        take(cell);
        if (tree && tree->isExpanded(cell))
            forEachRow(view, cell, take);
    }
}

QString cellText(const QModelIndex &cell) {
    const QVariant copied = cell.data(copyTextRole);
    return (copied.isValid() ? copied : cell.data(Qt::DisplayRole)).toString();
}

// RFC 4180. A text that a spreadsheet would take for a formula is kept one.
QString csvCell(const QString &text) {
    QString cell = text;
    if (!cell.isEmpty() && u"=+-@\t\r"_s.contains(cell[0])) {
        bool isNumber = false;
        (void)cell.toDouble(&isNumber);
        if (!isNumber)
            cell.prepend(u'\'');
    }
    const bool needsQuotes =
        cell.contains(u'"') || cell.contains(u',') || cell.contains(u'\n') || cell.contains(u'\r');
    return needsQuotes ? u'"' + cell.replace(u'"', u"\"\""_s) + u'"' : cell;
}

} // namespace

void letColumnsBeChosen(QHeaderView &header) {
    header.setContextMenuPolicy(Qt::CustomContextMenu);
    QObject::connect(&header, &QWidget::customContextMenuRequested, &header, [&header](const QPoint &at) {
        auto *menu = new QMenu(&header);
        menu->setAttribute(Qt::WA_DeleteOnClose);
        const int shown = header.count() - header.hiddenSectionCount();
        for (int column = 0; column < header.count(); ++column) {
            QAction *action =
                menu->addAction(header.model()->headerData(column, header.orientation()).toString());
            action->setCheckable(true);
            action->setChecked(!header.isSectionHidden(column));
            action->setEnabled(header.isSectionHidden(column) || shown > 1);
            QObject::connect(action, &QAction::toggled, &header,
                             [&header, column](bool on) { header.setSectionHidden(column, !on); });
        }
        menu->popup(header.mapToGlobal(at));
    });
}

QByteArray tableContent(const QAbstractItemView &view, TableForm form) {
    const std::vector<int> columns = shownColumns(view);
    QStringList titles;
    for (const int column : columns)
        titles << view.model()->headerData(column, Qt::Horizontal).toString();
    if (form == TableForm::json) {
        QJsonArray rows;
        forEachRow(view, {}, [&](const QModelIndex &row) {
            QJsonObject object;
            for (size_t i = 0; i < columns.size(); ++i)
                object.insert(titles[static_cast<qsizetype>(i)], cellText(row.siblingAtColumn(columns[i])));
            rows.append(object);
        });
        return QJsonDocument(rows).toJson();
    }
    const auto line = [](const QStringList &cells) {
        QStringList spelled;
        for (const QString &cell : cells)
            spelled << csvCell(cell);
        return spelled.join(u',').toUtf8() + "\r\n";
    };
    QByteArray content = line(titles);
    forEachRow(view, {}, [&](const QModelIndex &row) {
        QStringList cells;
        for (const int column : columns)
            cells << cellText(row.siblingAtColumn(column));
        content += line(cells);
    });
    return content;
}

} // namespace nitroscope::app
