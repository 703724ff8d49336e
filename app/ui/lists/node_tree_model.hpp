// SPDX-License-Identifier: GPL-2.0-or-later
//
// A tree of formats::Node for a tree view, read-only: name, value, bytes. The model keeps the owner of the
// nodes alive and never copies them.
#pragma once

#include "app/formats/tree/node.hpp"

#include <memory>
#include <QAbstractItemModel>
#include <QMetaType>
#include <vector>

namespace nitroscope::app {

class NodeTreeModel : public QAbstractItemModel {
    Q_OBJECT
public:
    enum Column { name, value, bytes, columnCountValue };

    explicit NodeTreeModel(QObject *parent = nullptr);
    ~NodeTreeModel() override;

    // Shows the children of `root`. `root` stays valid as long as the shared pointer does (aliasing
    // constructor).
    void setRoot(std::shared_ptr<const formats::Node> root);

    QModelIndex index(int row, int column, const QModelIndex &parent = {}) const override;
    QModelIndex parent(const QModelIndex &child) const override;
    int rowCount(const QModelIndex &parent = {}) const override;
    int columnCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &cell, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

    const formats::Node *nodeAt(const QModelIndex &cell) const;
    // The deepest node that holds the byte; invalid when none does.
    QModelIndex indexOfByte(quint64 offset) const;
    QModelIndex indexOfNode(const formats::Node *node) const;

private:
    struct Entry; // a node's place in the tree; made when the view first asks for it
    const Entry &entryOf(const QModelIndex &cell) const;

    std::shared_ptr<const formats::Node> m_root;
    std::unique_ptr<Entry> m_rootEntry;
};

} // namespace nitroscope::app

Q_DECLARE_METATYPE(nitroscope::formats::ByteRange)
