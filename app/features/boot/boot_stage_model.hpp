// SPDX-License-Identifier: GPL-2.0-or-later
//
// The boot stages of one run in the order they were reported, with the time each took.
#pragma once

#include "app/session/account/session_types.hpp"

#include <optional>
#include <QAbstractTableModel>
#include <vector>

namespace nitroscope::app {

class BootStageModel : public QAbstractTableModel {
    Q_OBJECT
public:
    enum Column { stage, guestTime, delta, hostTime, details, columnCountValue };

    using QAbstractTableModel::QAbstractTableModel;

    int rowCount(const QModelIndex &parent = {}) const override;
    int columnCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &cell, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

    // Host times count from here, nanoseconds since 1970; without it, from the first stage.
    void setRunStart(qint64 hostNs) { m_runStart = hostNs; }
    void append(const BootStage &stage);
    // Adds a last row that says what went wrong.
    void setFailure(const BootFailure &failure);
    void clear();
    void setStale(bool stale);
    // In a recording so many have come by then; the others are dimmed.
    void setHappened(std::optional<int> stages);

    const std::vector<BootStage> &stages() const { return m_stages; }
    const std::optional<BootFailure> &failure() const { return m_failure; }
    bool isEmpty() const { return m_stages.empty() && !m_failure; }
    QString asText() const;

private:
    QString text(int row, int column) const;
    qint64 hostSinceStart(const BootStage &stage) const;
    bool isFailureRow(int row) const { return row == static_cast<int>(m_stages.size()); }

    std::vector<BootStage> m_stages;
    std::optional<BootFailure> m_failure;
    qint64 m_runStart = 0;
    bool m_stale = false;
    std::optional<int> m_happened;
};

} // namespace nitroscope::app
