// SPDX-License-Identifier: GPL-2.0-or-later
//
// What all long lists of records share: a growing source of plain records of which a filter shows some. The
// shown rows are numbers of source records in a vector; new records come in one insertion per tick, a new
// filter is worked off in slices between events and put in force by one reset.
#pragma once

#include "app/ui/lists/list_filter.hpp"

#include <QAbstractTableModel>
#include <QTimer>
#include <vector>

namespace nitroscope::app {

class FilteredListModel : public QAbstractTableModel {
    Q_OBJECT
public:
    // That a filter looks at before it looks at the clock, and how long it goes on; then events have their turn.
    static constexpr int sliceRecords = 256;
    static constexpr int maxSliceMs = 8;

    explicit FilteredListModel(QObject *parent = nullptr);

    int rowCount(const QModelIndex &parent = {}) const override;
    // Number of the record in a row, and back; -1 when it is not shown.
    int sourceOf(int row) const { return m_visible[static_cast<size_t>(row)]; }
    int rowOf(int source) const;
    virtual int sourceCount() const = 0;

    bool isFiltering() const { return m_filtering; }

    // What the filter language knows of a record, and what it has in a field.
    virtual std::span<const ListField> fields() const { return {}; }
    virtual std::optional<QString> fieldText(int, int) const { return std::nullopt; }
    virtual FilterRow::Numbers fieldNumbers(int, int) const { return {}; }
    void setListFilter(const ListFilter &filter);
    const ListFilter &listFilter() const { return m_filter; }
    // What the first records have in the field, each once, to complete what is being typed.
    QStringList valuesOf(int field) const;
    // What would choose the rows that have the same in this cell; empty when nothing does.
    QString filterTerm(const QModelIndex &cell) const;
    // Shows at once what is waiting, for tests and for reading the list after a stream's end.
    void flush();

signals:
    // A filter has been applied to everything. The view's current record is where it was, if still shown.
    void filtered();

protected:
    virtual bool accepts(int source) const = 0;
    // For accepts().
    bool passesFilter(int source) const;

    void clearRows(); // the source is empty again
    void sourceAppended();
    void sourceChanged(int source); // repaints its row, or makes it come or go
    void refilter();

private:
    void takeNew();
    void slice();

    class Row;

    ListFilter m_filter;
    std::vector<int> m_visible; // ascending
    int m_seen = 0;             // records that the filter has looked at
    std::vector<int> m_next;    // the rows of the filter that is being applied
    int m_nextSeen = 0;
    bool m_filtering = false;
    QTimer m_tick;
    QTimer m_slice;
};

} // namespace nitroscope::app
