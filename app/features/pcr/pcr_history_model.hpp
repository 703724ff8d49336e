// SPDX-License-Identifier: GPL-2.0-or-later
//
// How one PCR came to its value: every change that the capture has, with the NSM transaction that made it.
#pragma once

#include "app/session/capture/capture_replay.hpp"

#include <array>
#include <QAbstractTableModel>
#include <vector>

namespace nitroscope::app {

class PcrHistoryModel : public QAbstractTableModel {
    Q_OBJECT
public:
    enum Column { time, cause, transaction, value, columnCountValue };
    static constexpr size_t mostChanges = 10'000; // per PCR; of a guest that extends without end

    using QAbstractTableModel::QAbstractTableModel;

    int rowCount(const QModelIndex &parent = {}) const override;
    int columnCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &cell, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

    void restart();
    void add(const PcrChange &change);
    void setPcr(int index);
    int pcr() const { return m_pcr; }
    const PcrChange &changeAt(int row) const {
        return m_changes[static_cast<size_t>(m_pcr)][static_cast<size_t>(row)];
    }
    // Changes of that PCR by the enclave itself.
    int extensions(int index) const;
    quint64 notKept() const { return m_notKept; }

private:
    std::array<std::vector<PcrChange>, 32> m_changes;
    quint64 m_notKept = 0;
    int m_pcr = 0;
};

} // namespace nitroscope::app
