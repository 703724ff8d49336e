// SPDX-License-Identifier: GPL-2.0-or-later
//
// The verdict over an attestation document, one check a row.
#pragma once

#include "app/formats/attestation/verify.hpp"

#include <QAbstractTableModel>

namespace nitroscope::app {

class CheckListModel : public QAbstractTableModel {
    Q_OBJECT
public:
    enum Column { outcome, subject, reason, columnCountValue };
    using QAbstractTableModel::QAbstractTableModel;

    int rowCount(const QModelIndex &parent = {}) const override;
    int columnCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &cell, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

    void setChecks(std::vector<formats::attestation::Check> checks);
    const formats::attestation::Check &checkAt(int row) const { return m_checks[static_cast<size_t>(row)]; }
    int count(formats::attestation::Outcome wanted) const;

private:
    std::vector<formats::attestation::Check> m_checks;
};

} // namespace nitroscope::app
