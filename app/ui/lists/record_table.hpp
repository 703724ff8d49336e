// SPDX-License-Identifier: GPL-2.0-or-later
//
// A table model over plain records for the debugger's short lists: threads, frames, breakpoints, tasks,
// modules. A list says which columns it has; a new snapshot of the records changes only the rows that differ,
// so that selection and scroll position stay where they are.
#pragma once

#include "app/ui/text/roles.hpp"

#include <functional>
#include <QAbstractTableModel>
#include <QVector>
#include <vector>

namespace nitroscope::app {

template <class Record>
struct RecordColumn {
    using Text = std::function<QString(const Record &)>;
    using ToneOf = std::function<Tone(const Record &)>;

    RecordColumn(QString columnTitle, Text cellText, bool monospace = false, bool right = false,
                 ToneOf cellTone = nullptr, Text cellTip = nullptr)
        : title(std::move(columnTitle)), text(std::move(cellText)), tone(std::move(cellTone)),
          tip(std::move(cellTip)), isMonospace(monospace), isRight(right) {}

    QString title;
    Text text;
    ToneOf tone;
    Text tip;
    bool isMonospace, isRight;
};

template <class Record>
class RecordTable : public QAbstractTableModel {
public:
    using Column = RecordColumn<Record>;
    using SameRecord = std::function<bool(const Record &, const Record &)>;

    // `same`: two records stand for the same thing, whatever else has changed about it.
    RecordTable(std::vector<Column> columns, SameRecord same, QObject *parent = nullptr)
        : QAbstractTableModel(parent), m_columns(std::move(columns)), m_same(std::move(same)) {}

    const QVector<Record> &records() const { return m_records; }
    const Record *at(int row) const {
        return row >= 0 && row < m_records.size() ? &m_records.at(row) : nullptr;
    }
    bool isStale() const { return m_stale; }

    void setRecords(QVector<Record> records) {
        setStale(false);
        const auto oldCount = static_cast<int>(m_records.size()), newCount = static_cast<int>(records.size());
        int head = 0;
        while (head < std::min(oldCount, newCount) && m_same(m_records[head], records[head]))
            ++head;
        int tail = 0;
        while (tail < std::min(oldCount, newCount) - head &&
               m_same(m_records[oldCount - 1 - tail], records[newCount - 1 - tail]))
            ++tail;
        if (const int gone = oldCount - head - tail; gone > 0) {
            beginRemoveRows({}, head, head + gone - 1);
            m_records.remove(head, gone);
            endRemoveRows();
        }
        if (const int come = newCount - head - tail; come > 0) {
            beginInsertRows({}, head, head + come - 1);
            m_records = std::move(records);
            endInsertRows();
        } else {
            m_records = std::move(records);
        }
        if (!m_records.isEmpty())
            emit dataChanged(index(0, 0), index(rowCount() - 1, columnCount() - 1));
    }
    // Shown dimmed until the next setRecords().
    void setStale(bool stale) {
        if (std::exchange(m_stale, stale) != stale && !m_records.isEmpty())
            emit dataChanged(index(0, 0), index(rowCount() - 1, columnCount() - 1), {staleRole});
    }

    int rowCount(const QModelIndex &parent = {}) const override {
        return parent.isValid() ? 0 : static_cast<int>(m_records.size());
    }
    int columnCount(const QModelIndex &parent = {}) const override {
        return parent.isValid() ? 0 : static_cast<int>(m_columns.size());
    }
    QVariant data(const QModelIndex &cell, int role = Qt::DisplayRole) const override {
        if (!checkIndex(cell, CheckIndexOption::IndexIsValid | CheckIndexOption::ParentIsInvalid))
            return {};
        const Column &column = m_columns[static_cast<size_t>(cell.column())];
        const Record &record = m_records.at(cell.row());
        switch (role) {
        case Qt::DisplayRole:
            return column.text(record);
        case Qt::ToolTipRole:
            return column.tip ? QVariant(foreignTip(column.tip(record))) : QVariant();
        case Qt::TextAlignmentRole:
            return column.isRight ? QVariant(Qt::AlignRight | Qt::AlignVCenter) : QVariant();
        case monospaceRole:
            return column.isMonospace;
        case toneRole:
            return static_cast<int>(column.tone ? column.tone(record) : Tone::normal);
        case staleRole:
            return m_stale;
        default:
            return {};
        }
    }
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override {
        if (orientation != Qt::Horizontal || section < 0 || section >= columnCount())
            return {};
        const Column &column = m_columns[static_cast<size_t>(section)];
        if (role == Qt::TextAlignmentRole && column.isRight)
            return QVariant(Qt::AlignRight | Qt::AlignVCenter);
        return role == Qt::DisplayRole ? QVariant(column.title) : QVariant();
    }

protected:
    QVector<Record> m_records;

private:
    std::vector<Column> m_columns;
    SameRecord m_same;
    bool m_stale = false;
};

} // namespace nitroscope::app
