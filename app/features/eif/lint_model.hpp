// SPDX-License-Identifier: GPL-2.0-or-later
//
// Lint findings as a table: severity, rule, place, reason. The advice is in the tool tip and for the detail
// view.
#pragma once

#include "app/formats/lint/lint.hpp"

#include <QAbstractTableModel>

namespace nitroscope::app {

class LintModel : public QAbstractTableModel {
    Q_OBJECT
public:
    enum Column { severity, where, why, rule, columnCountValue };

    using QAbstractTableModel::QAbstractTableModel;

    // The worst first.
    void setFindings(std::vector<formats::LintFinding> findings);
    const formats::LintFinding &findingAt(int row) const { return m_findings[static_cast<size_t>(row)]; }
    int count(formats::Severity severity) const;
    // "2 errors, 1 warning", "No findings".
    QString summary() const;

    int rowCount(const QModelIndex &parent = {}) const override;
    int columnCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &cell, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    std::vector<formats::LintFinding> m_findings;
};

} // namespace nitroscope::app
