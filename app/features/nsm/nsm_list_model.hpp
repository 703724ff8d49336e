// SPDX-License-Identifier: GPL-2.0-or-later
//
// The transactions of an NsmAccount as a list: one row per request, which its answer completes.
#pragma once

#include "app/session/account/instruction_index.hpp"
#include "app/session/capture/capture_bytes.hpp"
#include "app/session/nsm/nsm_account.hpp"
#include "app/ui/lists/filtered_list_model.hpp"

#include <memory>
#include <optional>

namespace nitroscope::app {

struct NsmFilter {
    enum class Result { any, success, failure, one } which = Result::any;
    std::optional<int> kind;
    int result = 0; // with Result::one
    std::optional<int> pcr;
    ListFilter expression = {}; // or words: anywhere in kind, arguments, result or what a fault says
};

class NsmListModel : public FilteredListModel {
    Q_OBJECT
public:
    enum Column { number, time, kind, arguments, result, duration, columnCountValue };
    explicit NsmListModel(const NsmAccount &account, QObject *parent = nullptr)
        : FilteredListModel(parent), m_account(account) {}

    int columnCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &cell, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;
    int sourceCount() const override { return static_cast<int>(m_account.transactions().size()); }

    // The account is empty again; `bytes` are those of its stream.
    void restart(std::shared_ptr<const CaptureBytes> bytes);
    // What the account has changed.
    void changed(int transaction, bool isNew);
    // What comes after it is dimmed: a request, or its answer alone.
    void setNow(const std::optional<RunMoment> &now);
    std::span<const ListField> fields() const override;
    std::optional<QString> fieldText(int source, int field) const override;
    FilterRow::Numbers fieldNumbers(int source, int field) const override;
    void setFilter(const NsmFilter &filter);
    const NsmFilter &filter() const { return m_filter; }

    const NsmTransaction &transaction(int source) const { return m_account.at(source); }
    const NsmTransaction &at(int row) const { return transaction(sourceOf(row)); }
    // Source number of a transaction; -1 when the capture does not have it.
    int find(quint64 id) const { return m_account.find(id); }
    // CBOR as it crossed the virtqueue; empty when there was none or it is not kept.
    QByteArray requestBytes(const NsmTransaction &transaction) const;
    QByteArray responseBytes(const NsmTransaction &transaction) const;
    QString comment(quint64 id) const { return m_account.comment(id); } // what a fault did, in words
    // Seconds since the stream began or, where known, of the guest's clock.
    QString timeText(const NsmTransaction &transaction) const;
    quint64 notKept() const { return m_account.notKept(); }
    // Of the rows shown: one JSON object a line, request and response decoded.
    QByteArray asJsonLines() const;

protected:
    bool accepts(int source) const override;

private:
    bool isAhead(const NsmTransaction &transaction, int column) const;
    QString text(const NsmTransaction &transaction, int column) const;

    const NsmAccount &m_account;
    std::shared_ptr<const CaptureBytes> m_bytes;
    NsmFilter m_filter;
    std::optional<RunMoment> m_now;
};

} // namespace nitroscope::app
