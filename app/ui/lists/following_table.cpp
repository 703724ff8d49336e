// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/ui/lists/following_table.hpp"

#include "app/ui/lists/cell_delegate.hpp"

#include <QScopedValueRollback>
#include <QScrollBar>

namespace nitroscope::app {

FollowingTable::FollowingTable(FilteredListModel &model, Follow follow, FirstRow firstRow, QWidget *parent)
    : QTableView(parent), m_model(model), m_follow(follow), m_firstRow(firstRow) {
    prepareTable(*this);
    setModel(&model);
    connect(selectionModel(), &QItemSelectionModel::currentChanged, this, [this](const QModelIndex &cell) {
        const int source = cell.isValid() ? m_model.sourceOf(cell.row()) : -1;
        setCurrent(source);
        if (source >= 0 && !m_isMoving)
            emit chosen(source);
    });
    connect(&model, &QAbstractItemModel::rowsAboutToBeInserted, this,
            [this] { m_isAtEnd = verticalScrollBar()->value() == verticalScrollBar()->maximum(); });
    connect(&model, &QAbstractItemModel::rowsInserted, this, &FollowingTable::afterInsertion);
    connect(&model, &QAbstractItemModel::modelReset, this, &FollowingTable::afterReset);
}

void FollowingTable::setCurrent(int source) {
    if (std::exchange(m_current, source) != source)
        emit currentRecordChanged(source);
}

void FollowingTable::setCurrentRow(int row) {
    const QScopedValueRollback guard(m_isMoving, true);
    setCurrentIndex(m_model.index(row, 0));
}

bool FollowingTable::showRecord(int source) {
    m_model.flush();
    const int row = m_model.rowOf(source);
    if (row < 0)
        return false;
    setCurrentRow(row);
    scrollTo(m_model.index(row, 0), PositionAtCenter);
    return true;
}

void FollowingTable::afterInsertion() {
    if (m_firstRow != FirstRow::never && !currentIndex().isValid())
        setCurrentRow(0);
    if (m_follow == Follow::end && m_isAtEnd)
        scrollToBottom();
}

// A new filter, or another source.
void FollowingTable::afterReset() {
    const int row = m_current < 0 ? -1 : m_model.rowOf(m_current);
    if (row >= 0) {
        setCurrentRow(row);
        scrollTo(m_model.index(row, 0), PositionAtCenter);
    } else if (m_firstRow == FirstRow::always && m_model.rowCount() > 0) {
        setCurrentRow(0);
    } else if (m_firstRow == FirstRow::always || m_current >= m_model.sourceCount()) {
        setCurrent(-1);
    }
}

} // namespace nitroscope::app
