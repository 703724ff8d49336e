// SPDX-License-Identifier: GPL-2.0-or-later
//
// Everything that a format's tree has to complain about, as a flat list: worst first, each with its place in
// the file.
#pragma once

#include "app/formats/tree/node.hpp"

#include <memory>
#include <QAbstractListModel>
#include <vector>

namespace nitroscope::app {

class FindingModel : public QAbstractListModel {
    Q_OBJECT
public:
    using QAbstractListModel::QAbstractListModel;

    void setRoot(std::shared_ptr<const formats::Node> root);
    // Findings that are not in the tree, such as those of measuring the whole file.
    void setExtra(std::vector<formats::Node> findings);

    int rowCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &cell, int role = Qt::DisplayRole) const override;

    const formats::Node *nodeAt(int row) const { return m_findings[static_cast<size_t>(row)].node; }
    int count(formats::Severity severity) const;
    // "2 errors, 1 warning" or "Nothing to complain about".
    QString summary() const;

private:
    struct Finding {
        const formats::Node *node;
        QString where; // names from the top, "section 3 › type"
    };
    void collect(const formats::Node &node, const QString &above);
    void rebuild();

    std::shared_ptr<const formats::Node> m_root;
    std::vector<formats::Node> m_extra;
    std::vector<Finding> m_findings;
};

} // namespace nitroscope::app
