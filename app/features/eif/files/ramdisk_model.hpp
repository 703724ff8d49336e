// SPDX-License-Identifier: GPL-2.0-or-later
//
// A RamdiskTree for a tree view: name, size, mode, owner, time; ramdisks say how they are packed and what is
// wrong with them.
#pragma once

#include "app/features/eif/files/ramdisk_tree.hpp"

#include <QAbstractItemModel>

namespace nitroscope::app {

class RamdiskModel : public QAbstractItemModel {
    Q_OBJECT
public:
    enum Column { name, size, mode, owner, modified, columnCountValue };

    using QAbstractItemModel::QAbstractItemModel;

    void setTree(std::shared_ptr<const RamdiskTree> tree);
    const std::shared_ptr<const RamdiskTree> &tree() const { return m_tree; }
    // Number of the tree's item; 0 for an invalid index.
    static int itemAt(const QModelIndex &cell) { return static_cast<int>(cell.internalId()); }
    QModelIndex indexOf(int item) const;

    QModelIndex index(int row, int column, const QModelIndex &parent = {}) const override;
    QModelIndex parent(const QModelIndex &child) const override;
    int rowCount(const QModelIndex &parent = {}) const override;
    int columnCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &cell, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    QString text(const RamdiskTree::Item &item, int column) const;
    QString ramdiskText(const RamdiskTree::Item &item, int column) const;

    std::shared_ptr<const RamdiskTree> m_tree;
};

} // namespace nitroscope::app
