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

    void setFindings(formats::LintFindings findings);
    const formats::LintFinding &findingAt(int row) const {
        return m_findings.listed[static_cast<size_t>(row)];
    }
    // Of all findings, those that the table has no room for included.
    qint64 count(formats::Severity which) const { return m_findings.count(which); }
    // "2 errors, 1 warning", "No findings".
    QString summary() const;
    // How many findings the table has no room for: "700 more are counted but not listed."; else empty.
    QString unlistedText() const;

    int rowCount(const QModelIndex &parent = {}) const override;
    int columnCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &cell, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    formats::LintFindings m_findings;
};

} // namespace nitroscope::app
