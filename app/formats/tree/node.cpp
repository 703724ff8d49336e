// SPDX-License-Identifier: GPL-2.0-or-later
//
// Searching a tree of decoded values; see node.hpp.

#include "app/formats/tree/node.hpp"

#include <algorithm>

namespace nitroscope::formats {

const Node *Node::child(QStringView childName) const {
    const auto found =
        std::ranges::find_if(children, [&](const Node &node) { return node.name == childName; });
    return found == children.end() ? nullptr : &*found;
}

void Node::addFinding(Severity findingSeverity, const QString &finding) {
    severity = std::max(severity, findingSeverity);
    if (!note.isEmpty())
        note += u'\n';
    note += finding;
}

Severity worstSeverity(const Node &node) {
    Severity worst = node.severity;
    for (const Node &child : node.children)
        worst = std::max(worst, worstSeverity(child));
    return worst;
}

const Node *nodeAt(const Node &root, quint64 offset) {
    const Node *best = root.range.contains(offset) ? &root : nullptr;
    for (const Node *from = &root; from;) {
        const Node *next = nullptr;
        for (const Node &child : from->children) {
            if (child.range.contains(offset)) {
                best = next = &child;
                break;
            }
        }
        from = next;
    }
    return best;
}

Node *nodeAt(Node &root, quint64 offset) {
    return const_cast<Node *>(nodeAt(static_cast<const Node &>(root), offset));
}

} // namespace nitroscope::formats
