// SPDX-License-Identifier: GPL-2.0-or-later
//
// The view of a list that grows with a capture: it stays at the end as long as one looks there, and whatever
// filter is applied, the record that one looks at stays the current one, if it is still in the list. Records are
// named by their numbers in the list's source.
#pragma once

#include "app/ui/lists/filtered_list_model.hpp"

#include <QTableView>

namespace nitroscope::app {

class FollowingTable : public QTableView {
    Q_OBJECT
public:
    enum class Follow { end, nothing };
    // When the first row becomes the current one by itself: when rows come and there is none, or also when a
    // filter hides the one that was.
    enum class FirstRow { never, ofNewRows, always };

    // The model outlives the view.
    FollowingTable(FilteredListModel &model, Follow follow, FirstRow firstRow, QWidget *parent = nullptr);

    // The record looked at, also while a filter hides it; -1 = none.
    int current() const { return m_current; }
    // Makes a record the current one and brings it into view, which nobody is told of as a choice. False when a
    // filter hides it.
    bool showRecord(int source);

signals:
    void currentRecordChanged(int source); // whoever has caused it; -1 = none
    void chosen(int source);               // by the user

private:
    void setCurrent(int source);
    void setCurrentRow(int row);
    void afterInsertion();
    void afterReset();

    FilteredListModel &m_model;
    Follow m_follow;
    FirstRow m_firstRow;
    int m_current = -1;
    bool m_isAtEnd = true;   // before rows are inserted
    bool m_isMoving = false; // the current row changes without the user
};

} // namespace nitroscope::app
