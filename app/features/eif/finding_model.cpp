// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/features/eif/finding_model.hpp"

#include "app/ui/lists/node_tree_model.hpp"
#include "app/ui/text/byte_text.hpp"
#include "app/ui/text/roles.hpp"

#include <algorithm>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;

using formats::Node;
using formats::Severity;

void FindingModel::collect(const Node &node, const QString &above) {
    const QString where = above.isEmpty() ? node.name : above + u" › "_s + node.name;
    if (node.severity != Severity::none)
        m_findings.push_back({&node, where});
    for (const Node &child : node.children)
        collect(child, where);
}

void FindingModel::setRoot(std::shared_ptr<const Node> root) {
    beginResetModel();
    m_root = std::move(root);
    m_extra.clear();
    rebuild();
    endResetModel();
}

void FindingModel::setExtra(std::vector<Node> findings) {
    beginResetModel();
    m_extra = std::move(findings);
    rebuild();
    endResetModel();
}

void FindingModel::rebuild() {
    m_findings.clear();
    if (m_root) {
        if (m_root->severity != Severity::none)
            m_findings.push_back({m_root.get(), m_root->name});
        for (const Node &child : m_root->children)
            collect(child, {});
    }
    for (const Node &finding : m_extra)
        collect(finding, {});
    std::stable_sort(m_findings.begin(), m_findings.end(),
                     [](const Finding &a, const Finding &b) { return a.node->severity > b.node->severity; });
}

int FindingModel::rowCount(const QModelIndex &parent) const {
    return parent.isValid() ? 0 : static_cast<int>(m_findings.size());
}

QVariant FindingModel::data(const QModelIndex &cell, int role) const {
    if (!checkIndex(cell, CheckIndexOption::IndexIsValid))
        return {};
    const Finding &finding = m_findings[static_cast<size_t>(cell.row())];
    switch (role) {
    case Qt::DisplayRole: {
        const QString note = finding.node->note.isEmpty() ? finding.node->value : finding.node->note;
        const QString place = finding.node->range.isEmpty()
                                  ? QString()
                                  : u" (byte 0x%1)"_s.arg(finding.node->range.offset, 0, 16);
        return u"%1: %2%3"_s.arg(finding.where, note.section(QLatin1Char('\n'), 0, 0), place);
    }
    case Qt::ToolTipRole:
        return foreignTip(finding.node->note);
    case severityRole:
        return static_cast<int>(finding.node->severity);
    case byteRangeRole:
        return QVariant::fromValue(finding.node->range);
    default:
        return {};
    }
}

int FindingModel::count(Severity severity) const {
    return static_cast<int>(std::count_if(m_findings.cbegin(), m_findings.cend(),
                                          [&](const Finding &f) { return f.node->severity == severity; }));
}

QString FindingModel::summary() const {
    const auto part = [](int count, const char *one, const char *many) {
        return u"%1 %2"_s.arg(count).arg(QLatin1String(count == 1 ? one : many));
    };
    QStringList parts;
    if (const int errors = count(Severity::error))
        parts << part(errors, "error", "errors");
    if (const int warnings = count(Severity::warning))
        parts << part(warnings, "warning", "warnings");
    if (const int notes = count(Severity::note))
        parts << part(notes, "note", "notes");
    return parts.isEmpty() ? u"No findings"_s : parts.join(u", "_s);
}

} // namespace nitroscope::app
