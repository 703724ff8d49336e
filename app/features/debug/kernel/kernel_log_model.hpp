// SPDX-License-Identifier: GPL-2.0-or-later
//
// The kernel's log as read from the printk ring, with a filter by text and level.
#pragma once

#include "app/session/target/debug_types.hpp"
#include "app/ui/lists/filtered_list_model.hpp"

namespace nitroscope::app {

class KernelLogModel : public FilteredListModel {
    Q_OBJECT
public:
    enum Column { time, level, text, caller, columnCountValue };
    using FilteredListModel::FilteredListModel;

    int columnCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &cell, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;
    int sourceCount() const override { return static_cast<int>(m_lines.size()); }

    // A later reading of the same ring only adds what is new.
    void setLines(const QVector<KernelLogLine> &lines);
    void setFilter(const QString &words, int mostLevel); // 7 = all
    // "[    1.234567] text" lines of all that is kept.
    QString asText() const;

protected:
    bool accepts(int source) const override;

private:
    QVector<KernelLogLine> m_lines;
    QString m_words;
    int m_mostLevel = 7;
};

} // namespace nitroscope::app
