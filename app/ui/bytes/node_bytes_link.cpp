// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/ui/bytes/node_bytes_link.hpp"

#include "app/ui/lists/cell_delegate.hpp"

#include <QHeaderView>
#include <QScopedValueRollback>
#include <QTreeView>

namespace nitroscope::app {

NodeBytesLink::NodeBytesLink(NodeTreeModel &nodes, QTreeView &tree, HexView &hex, int nameWidth,
                             int bytesWidth, QObject *parent)
    : QObject(parent), m_nodes(nodes), m_tree(tree), m_hex(hex) {
    prepareTree(tree);
    tree.setModel(&nodes);
    tree.setSelectionMode(QAbstractItemView::SingleSelection);
    tree.header()->setStretchLastSection(false);
    tree.header()->setSectionResizeMode(NodeTreeModel::value, QHeaderView::Stretch);
    const int em = tree.fontMetrics().averageCharWidth();
    tree.setColumnWidth(NodeTreeModel::name, em * nameWidth);
    tree.setColumnWidth(NodeTreeModel::bytes, em * bytesWidth);
    connect(tree.selectionModel(), &QItemSelectionModel::currentChanged, this, &NodeBytesLink::showNode);
    connect(&hex, &HexView::cursorMoved, this, &NodeBytesLink::revealByte);
}

void NodeBytesLink::mark(const formats::ByteRange &range) {
    std::vector<HexHighlight> marks = m_bands ? m_bands() : std::vector<HexHighlight>();
    if (!range.isEmpty())
        marks.push_back({range, HexMark::chosen});
    m_hex.setHighlights(std::move(marks));
}

void NodeBytesLink::refresh() {
    const formats::Node *node = m_nodes.nodeAt(m_tree.currentIndex());
    mark(node ? node->range : formats::ByteRange{});
}

void NodeBytesLink::showNode() {
    const formats::Node *node = m_nodes.nodeAt(m_tree.currentIndex());
    emit nodeChosen(node);
    refresh();
    if (m_following || !node || node->range.isEmpty())
        return;
    const QScopedValueRollback guard(m_following, true);
    m_hex.showRange(node->range);
}

void NodeBytesLink::revealByte(quint64 offset) {
    if (m_following)
        return;
    const QScopedValueRollback guard(m_following, true);
    choose(m_nodes.indexOfByte(offset));
}

void NodeBytesLink::choose(const QModelIndex &cell) {
    if (!cell.isValid())
        return;
    m_tree.setCurrentIndex(cell);
    m_tree.scrollTo(cell);
}

void NodeBytesLink::showRange(const formats::ByteRange &range) {
    choose(m_nodes.indexOfByte(range.offset));
    mark(range);
    m_hex.showRange(range);
    m_hex.select(range);
}

} // namespace nitroscope::app
