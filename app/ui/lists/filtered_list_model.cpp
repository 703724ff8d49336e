// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/ui/lists/filtered_list_model.hpp"

#include <algorithm>
#include <QElapsedTimer>
#include <QSet>

namespace nitroscope::app {

namespace {

constexpr int maxLookedAt = 5'000; // records, for the values that a field has

} // namespace

// A record as the filter language asks for it.
class FilteredListModel::Row : public FilterRow {
public:
    Row(const FilteredListModel &list, int source) : m_list(list), m_source(source) {}

    std::optional<QString> text(int field) const override { return m_list.fieldText(m_source, field); }
    Numbers numbers(int field) const override { return m_list.fieldNumbers(m_source, field); }

private:
    const FilteredListModel &m_list;
    int m_source;
};

FilteredListModel::FilteredListModel(QObject *parent) : QAbstractTableModel(parent) {
    m_tick.setSingleShot(true);
    m_tick.setInterval(33);
    connect(&m_tick, &QTimer::timeout, this, &FilteredListModel::takeNew);
    m_slice.setInterval(0);
    connect(&m_slice, &QTimer::timeout, this, &FilteredListModel::slice);
}

int FilteredListModel::rowCount(const QModelIndex &parent) const {
    return parent.isValid() ? 0 : static_cast<int>(m_visible.size());
}

int FilteredListModel::rowOf(int source) const {
    const auto found = std::lower_bound(m_visible.begin(), m_visible.end(), source);
    return found != m_visible.end() && *found == source ? static_cast<int>(found - m_visible.begin()) : -1;
}

void FilteredListModel::clearRows() {
    beginResetModel();
    m_visible.clear();
    m_next.clear();
    m_seen = m_nextSeen = 0;
    m_filtering = false;
    m_tick.stop();
    m_slice.stop();
    endResetModel();
}

void FilteredListModel::sourceAppended() {
    if (!m_tick.isActive())
        m_tick.start();
}

void FilteredListModel::flush() {
    while (m_filtering)
        slice();
    takeNew();
}

void FilteredListModel::takeNew() {
    m_tick.stop();
    if (m_filtering)
        return; // the filter will come to them
    std::vector<int> fresh;
    const int end = sourceCount();
    for (; m_seen < end; ++m_seen)
        if (accepts(m_seen))
            fresh.push_back(m_seen);
    if (fresh.empty())
        return;
    const int first = rowCount();
    beginInsertRows({}, first, first + static_cast<int>(fresh.size()) - 1);
    m_visible.insert(m_visible.end(), fresh.begin(), fresh.end());
    endInsertRows();
}

void FilteredListModel::sourceChanged(int source) {
    if (m_filtering && source < m_nextSeen) {
        const auto at = std::lower_bound(m_next.begin(), m_next.end(), source);
        const bool is = at != m_next.end() && *at == source;
        if (accepts(source) && !is)
            m_next.insert(at, source);
        else if (!accepts(source) && is)
            m_next.erase(at);
    }
    if (source >= m_seen)
        return; // the rows shown have not come to it yet
    const auto at = std::lower_bound(m_visible.begin(), m_visible.end(), source);
    const int row = static_cast<int>(at - m_visible.begin());
    const bool isShown = at != m_visible.end() && *at == source;
    if (m_filtering || accepts(source) == isShown) {
        if (isShown)
            emit dataChanged(index(row, 0), index(row, columnCount() - 1));
    } else if (isShown) {
        beginRemoveRows({}, row, row);
        m_visible.erase(at);
        endRemoveRows();
    } else {
        beginInsertRows({}, row, row);
        m_visible.insert(at, source);
        endInsertRows();
    }
}

void FilteredListModel::setListFilter(const ListFilter &filter) {
    m_filter = filter;
    refilter();
}

bool FilteredListModel::passesFilter(int source) const {
    return m_filter.isEmpty() || m_filter.matches(Row(*this, source));
}

QStringList FilteredListModel::valuesOf(int field) const {
    const std::span<const ListField> all = fields();
    if (all[static_cast<size_t>(field)].kind == FilterFieldInfo::Kind::time)
        return {};
    QSet<QString> values;
    for (int source = 0; source < std::min(sourceCount(), maxLookedAt); ++source) {
        if (all[static_cast<size_t>(field)].kind == FilterFieldInfo::Kind::number)
            for (const qint64 number : fieldNumbers(source, field))
                values.insert(QString::number(number));
        else if (const auto text = fieldText(source, field); text && !text->isEmpty())
            values.insert(*text);
    }
    QStringList sorted(values.begin(), values.end());
    std::sort(sorted.begin(), sorted.end());
    return sorted;
}

QString FilteredListModel::filterTerm(const QModelIndex &cell) const {
    return cell.isValid() ? filterTermOf(fields(), Row(*this, sourceOf(cell.row())), cell.column())
                          : QString();
}

void FilteredListModel::refilter() {
    m_next.clear();
    m_nextSeen = 0;
    m_filtering = true;
    m_slice.start();
    slice(); // a short list is done at once
}

void FilteredListModel::slice() {
    if (!m_filtering)
        return;
    QElapsedTimer clock;
    clock.start();
    do {
        const int end = std::min(sourceCount(), m_nextSeen + sliceRecords);
        for (; m_nextSeen < end; ++m_nextSeen)
            if (accepts(m_nextSeen))
                m_next.push_back(m_nextSeen);
    } while (m_nextSeen < sourceCount() && !clock.hasExpired(maxSliceMs));
    if (m_nextSeen < sourceCount())
        return;
    m_slice.stop();
    m_filtering = false;
    beginResetModel();
    m_visible = std::move(m_next);
    m_next.clear();
    m_seen = m_nextSeen;
    endResetModel();
    emit filtered();
}

} // namespace nitroscope::app
