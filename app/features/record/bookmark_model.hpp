// SPDX-License-Identifier: GPL-2.0-or-later
//
// The places that are kept of a recording, by instruction.
#pragma once

#include "app/session/record/places_file.hpp"

#include <QAbstractTableModel>

namespace nitroscope::app {

class BookmarkModel : public QAbstractTableModel {
    Q_OBJECT
public:
    enum Column { instruction, name, note, columnCountValue };
    using QAbstractTableModel::QAbstractTableModel;

    int rowCount(const QModelIndex &parent = {}) const override;
    int columnCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &cell, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

    void setBookmarks(const QVector<Bookmark> &bookmarks);
    // Those after it are dimmed; the one at it is marked.
    void setNow(std::optional<quint64> instruction);
    const Bookmark &at(int row) const { return m_bookmarks[row]; }

private:
    QVector<Bookmark> m_bookmarks;
    std::optional<quint64> m_now;
};

} // namespace nitroscope::app
