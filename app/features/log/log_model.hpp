// SPDX-License-Identifier: GPL-2.0-or-later
//
// The log: what the session, QEMU and the machine had to say. Entries live in a bounded deque; the filter is
// a vector of indices into it, rebuilt by one model reset, because a proxy that removes scattered rows one
// range at a time takes quadratic time.
#pragma once

#include "app/session/account/session_types.hpp"
#include "app/ui/lists/list_filter.hpp"

#include <deque>
#include <QAbstractTableModel>

namespace nitroscope::app {

class LogModel : public QAbstractTableModel {
    Q_OBJECT
public:
    enum Column { time, source, message, columnCountValue };
    static constexpr int defaultLimit = 100'000;

    explicit LogModel(int limit = defaultLimit, QObject *parent = nullptr)
        : QAbstractTableModel(parent), m_limit(limit) {}

    int rowCount(const QModelIndex &parent = {}) const override;
    int columnCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &cell, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

    // Queued; shown with the next flush, so that a flood of lines costs one insertion per tick.
    void append(const LogEntry &entry);
    void flush();
    void clear();

    void setMinimumLevel(LogLevel level);
    // What the filter language knows of an entry.
    static std::span<const ListField> fields();
    QStringList valuesOf(int field) const;
    void setListFilter(const ListFilter &filter);

    int totalCount() const { return static_cast<int>(m_entries.size()); }
    // Of the entries that pass the filter.
    QString asText() const;

private:
    const LogEntry &entryAt(int row) const {
        return m_entries[static_cast<size_t>(m_visible[static_cast<size_t>(row)] - m_dropped)];
    }
    bool passes(const LogEntry &entry) const;
    void rebuild();

    int m_limit;
    std::deque<LogEntry> m_entries;
    std::deque<LogEntry> m_pending;
    std::deque<quint64> m_visible; // sequence numbers: position in m_entries plus m_dropped
    quint64 m_dropped = 0;
    LogLevel m_minimum = LogLevel::debug;
    ListFilter m_filter;
};

} // namespace nitroscope::app
