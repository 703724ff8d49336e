// SPDX-License-Identifier: GPL-2.0-or-later
//
// The 32 platform configuration registers: what they hold now, what the EIF says they should hold, and how
// the two compare. Live values come from the session, expected ones from measuring the file; either may be
// missing.
#pragma once

#include "app/session/account/session_types.hpp"

#include <array>
#include <QAbstractTableModel>

namespace nitroscope::app {

enum class PcrState {
    unknown,   // no live value yet
    zero,      // all zero and nothing else expected
    debugZero, // all zero although the file has a measurement: what debug mode does
    match,
    differs,
    set, // has a value, and the file says nothing about it
};
QString pcrStateText(PcrState state);

class PcrTableModel : public QAbstractTableModel {
    Q_OBJECT
public:
    enum Column { number, meaning, state, locked, live, expected, columnCountValue };
    static constexpr int pcrCount = 32;

    using QAbstractTableModel::QAbstractTableModel;

    int rowCount(const QModelIndex &parent = {}) const override;
    int columnCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &cell, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

    void setLive(const QVector<PcrValue> &pcrs);
    void clearLive();
    // Empty array = the file has no expectation.
    void setExpected(int pcr, const QByteArray &value);
    void clearExpected();
    void setDebugMode(bool on);
    bool isDebugMode() const { return m_debugMode; }
    // The enclave has ended: values stay, dimmed.
    void setStale(bool stale);
    void clearChangedMarks();

    PcrState stateOf(int pcr) const;
    QByteArray liveValue(int pcr) const { return row(pcr).live; }
    QByteArray expectedValue(int pcr) const { return row(pcr).expected; }
    bool isLocked(int pcr) const { return row(pcr).locked; }
    bool hasLiveValues() const;
    // "PCR0: 1f8b…" lines of everything known; JSON in the shape of nitro-cli's Measurements.
    QString asText() const;
    QByteArray asJson() const;

private:
    struct Row {
        QByteArray live, expected;
        bool locked = false;
        bool changed = false;
    };
    const Row &row(int pcr) const { return m_rows[static_cast<size_t>(pcr)]; }
    void rowChanged(int first, int last);
    QString text(int pcr, int column) const;

    std::array<Row, pcrCount> m_rows;
    bool m_debugMode = false;
    bool m_stale = false;
};

} // namespace nitroscope::app
