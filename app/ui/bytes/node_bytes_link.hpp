// SPDX-License-Identifier: GPL-2.0-or-later
//
// Ties a tree of nodes to a hex view of the bytes they came from, both ways: choosing a node marks and shows
// its bytes, moving to a byte finds its node. Whoever owns the two views owns one of these beside them.
#pragma once

#include "app/ui/bytes/hex_view.hpp"
#include "app/ui/lists/node_tree_model.hpp"

#include <functional>
#include <QObject>

class QTreeView;

namespace nitroscope::app {

class NodeBytesLink : public QObject {
    Q_OBJECT
public:
    // Gives the tree its model and columns, in average characters. All three outlive the link.
    NodeBytesLink(NodeTreeModel &nodes, QTreeView &tree, HexView &hex, int nameWidth, int bytesWidth,
                  QObject *parent = nullptr);

    // Bands that are there whatever is chosen, painted under the mark of the chosen node.
    void setBands(std::function<std::vector<HexHighlight>()> bands) { m_bands = std::move(bands); }
    // Chooses the node of these bytes, if there is one; marks, shows and selects exactly them.
    void showRange(const formats::ByteRange &range);
    void choose(const QModelIndex &cell);
    void mark(const formats::ByteRange &range);
    void refresh(); // marks the chosen node's bytes anew

signals:
    void nodeChosen(const nitroscope::formats::Node *node); // may be nullptr

private:
    void showNode();
    void revealByte(quint64 offset);

    NodeTreeModel &m_nodes;
    QTreeView &m_tree;
    HexView &m_hex;
    std::function<std::vector<HexHighlight>()> m_bands;
    bool m_following = false; // the two are being brought in line; do not answer back
};

} // namespace nitroscope::app
