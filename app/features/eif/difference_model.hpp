// SPDX-License-Identifier: GPL-2.0-or-later
//
// Why two EIFs differ, as a table: what changed, where, from what to what, and which PCRs change by it.
#pragma once

#include "app/formats/compare/eif_diff.hpp"

#include <QAbstractTableModel>

namespace nitroscope::app {

class DifferenceModel : public QAbstractTableModel {
    Q_OBJECT
public:
    enum Column { where, what, pcrs, before, after, columnCountValue };

    using QAbstractTableModel::QAbstractTableModel;

    void setComparison(formats::EifComparison comparison);
    const formats::EifComparison &comparison() const { return m_comparison; }

    int rowCount(const QModelIndex &parent = {}) const override;
    int columnCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &cell, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    formats::EifComparison m_comparison;
};

} // namespace nitroscope::app
