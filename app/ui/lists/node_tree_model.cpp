// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/ui/lists/node_tree_model.hpp"

#include "app/ui/text/byte_text.hpp"
#include "app/ui/text/roles.hpp"

#include <algorithm>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;

using formats::ByteRange;
using formats::Node;
using formats::Severity;

// Entries of a node's children are created together, when the first of them is asked for: a ramdisk with 100
// 000 files costs nothing until somebody opens it.
struct NodeTreeModel::Entry {
    const Node *node = nullptr;
    Entry *parent = nullptr;
    int row = 0;
    Severity worst = Severity::none; // of the node and everything below
    mutable std::vector<std::unique_ptr<Entry>> children;

    Entry &child(size_t number) const {
        if (children.empty() && !node->children.empty()) {
            children.reserve(node->children.size());
            for (const Node &below : node->children) {
                auto entry = std::make_unique<Entry>();
                entry->node = &below;
                entry->parent = const_cast<Entry *>(this);
                entry->row = static_cast<int>(children.size());
                entry->worst = formats::worstSeverity(below);
                children.push_back(std::move(entry));
            }
        }
        return *children[number];
    }
};

NodeTreeModel::NodeTreeModel(QObject *parent) : QAbstractItemModel(parent) {}
NodeTreeModel::~NodeTreeModel() = default;

void NodeTreeModel::setRoot(std::shared_ptr<const Node> root) {
    beginResetModel();
    m_rootEntry.reset();
    m_root = std::move(root);
    if (m_root) {
        m_rootEntry = std::make_unique<Entry>();
        m_rootEntry->node = m_root.get();
    }
    endResetModel();
}

const NodeTreeModel::Entry &NodeTreeModel::entryOf(const QModelIndex &cell) const {
    return cell.isValid() ? *static_cast<const Entry *>(cell.internalPointer()) : *m_rootEntry;
}

QModelIndex NodeTreeModel::index(int row, int column, const QModelIndex &parent) const {
    if (!hasIndex(row, column, parent))
        return {};
    return createIndex(row, column, &entryOf(parent).child(static_cast<size_t>(row)));
}

QModelIndex NodeTreeModel::parent(const QModelIndex &child) const {
    if (!child.isValid())
        return {};
    Entry *above = entryOf(child).parent;
    return above == m_rootEntry.get() ? QModelIndex() : createIndex(above->row, 0, above);
}

int NodeTreeModel::rowCount(const QModelIndex &parent) const {
    if (!m_rootEntry || parent.column() > 0)
        return 0;
    return static_cast<int>(entryOf(parent).node->children.size());
}

int NodeTreeModel::columnCount(const QModelIndex &) const {
    return columnCountValue;
}

QVariant NodeTreeModel::data(const QModelIndex &cell, int role) const {
    if (!checkIndex(cell, CheckIndexOption::IndexIsValid))
        return {};
    const Entry &entry = entryOf(cell);
    const Node &node = *entry.node;
    switch (role) {
    case Qt::DisplayRole:
        if (cell.column() == name)
            return node.name;
        if (cell.column() == value)
            return node.value.section(QLatin1Char('\n'), 0, 0);
        return node.range.isEmpty() ? QString()
                                    : u"0x%1 + %2"_s.arg(node.range.offset, 0, 16).arg(node.range.length);
    case Qt::ToolTipRole:
        if (!node.note.isEmpty())
            return foreignTip(node.note);
        return cell.column() == value && node.value.size() > 40 ? QVariant(foreignTip(node.value.left(4000)))
                                                                : QVariant();
    case monospaceRole:
        return cell.column() == bytes;
    case toneRole:
        return static_cast<int>(cell.column() == bytes ? Tone::muted : Tone::normal);
    case severityRole:
        return cell.column() == name ? static_cast<int>(entry.worst) : 0;
    case byteRangeRole:
        return QVariant::fromValue(node.range);
    case copyTextRole:
        return cell.column() == value ? node.value : data(cell, Qt::DisplayRole);
    default:
        return {};
    }
}

QVariant NodeTreeModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole)
        return {};
    static const char *const titles[] = {"Name", "Value", "Bytes"};
    return section >= 0 && section < columnCountValue ? QString::fromLatin1(titles[section]) : QVariant();
}

const Node *NodeTreeModel::nodeAt(const QModelIndex &cell) const {
    return cell.isValid() ? entryOf(cell).node : nullptr;
}

QModelIndex NodeTreeModel::indexOfByte(quint64 offset) const {
    if (!m_rootEntry)
        return {};
    const Entry *at = m_rootEntry.get();
    for (bool deeper = true; deeper;) {
        deeper = false;
        for (size_t i = 0; i < at->node->children.size(); ++i) {
            if (!at->node->children[i].range.contains(offset))
                continue;
            at = &at->child(i);
            deeper = true;
            break;
        }
    }
    return at == m_rootEntry.get() ? QModelIndex() : createIndex(at->row, 0, at);
}

QModelIndex NodeTreeModel::indexOfNode(const Node *node) const {
    if (!m_rootEntry || !node)
        return {};
    std::vector<const Entry *> queue{m_rootEntry.get()};
    while (!queue.empty()) {
        const Entry *at = queue.back();
        queue.pop_back();
        for (size_t i = 0; i < at->node->children.size(); ++i) {
            const Entry &below = at->child(i);
            if (below.node == node)
                return createIndex(below.row, 0, &below);
            queue.push_back(&below);
        }
    }
    return {};
}

} // namespace nitroscope::app
