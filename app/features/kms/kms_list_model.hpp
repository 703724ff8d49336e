// SPDX-License-Identifier: GPL-2.0-or-later
//
// Calls of the KMS beside the enclave, one in a row, in the order in which they were answered.
#pragma once

#include "app/proto/pcapng/kms_call.hpp"
#include "app/ui/lists/filtered_list_model.hpp"

#include <optional>

namespace nitroscope::app {

struct ShownKmsCall {
    pcapng::KmsCall call;
    qint64 hostNs = 0;
    std::optional<qint64> virtualNs;
    std::optional<quint64> offset; // of its record in the capture
};

struct KmsFilter {
    bool onlyRefused = false;
    QString text; // in operation, principal, key, error or decision
};

class KmsListModel : public FilteredListModel {
    Q_OBJECT
public:
    enum Column { time, operation, principal, key, result, columnCountValue };
    static constexpr size_t maxCalls = 5'000; // each has a policy and a document; later ones are counted only

    using FilteredListModel::FilteredListModel;

    int columnCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &cell, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;
    int sourceCount() const override { return static_cast<int>(m_calls.size()); }

    void restart();
    void add(ShownKmsCall call);
    void setFilter(const KmsFilter &filter);
    quint64 notKept() const { return m_notKept; }

    const ShownKmsCall &call(int source) const { return m_calls[static_cast<size_t>(source)]; }
    // -1 when the call of that record is not here.
    int findRecord(quint64 offset) const;
    // Of the rows shown: one JSON object a line.
    QByteArray asJsonLines() const;

protected:
    bool accepts(int source) const override;

private:
    QString text(const ShownKmsCall &shown, int column) const;

    std::vector<ShownKmsCall> m_calls;
    KmsFilter m_filter;
    quint64 m_notKept = 0;
};

} // namespace nitroscope::app
