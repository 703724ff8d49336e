// SPDX-License-Identifier: GPL-2.0-or-later
//
// How one PCR came to its value: every change that the capture has, with the NSM transaction that made it.
#pragma once

#include "app/session/account/instruction_index.hpp"
#include "app/session/account/pcr_account.hpp"

#include <QAbstractTableModel>

namespace nitroscope::app {

class PcrHistoryModel : public QAbstractTableModel {
    Q_OBJECT
public:
    enum Column { time, cause, transaction, value, columnCountValue };
    using QAbstractTableModel::QAbstractTableModel;

    int rowCount(const QModelIndex &parent = {}) const override;
    int columnCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &cell, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

    // The account outlives the model.
    void setAccount(const PcrAccount &account);
    void restart(); // the account is empty again
    void update();  // the account has more
    void setPcr(int index);
    // Changes after it are dimmed.
    void setNow(const std::optional<RunMoment> &now);
    int pcr() const { return m_pcr; }
    const PcrChange &changeAt(int row) const { return m_account->history(m_pcr)[static_cast<size_t>(row)]; }
    // Changes of that PCR by the enclave itself.
    int extensions(int index) const;

private:
    int available() const;

    const PcrAccount *m_account = nullptr;
    int m_pcr = 0;
    int m_rows = 0; // of the account's changes
    std::optional<RunMoment> m_now;
};

} // namespace nitroscope::app
