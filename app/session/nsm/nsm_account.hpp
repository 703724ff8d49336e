// SPDX-License-Identifier: GPL-2.0-or-later
//
// The NSM transactions of a capture, each request joined with its answer, in the order in which they came.
#pragma once

#include "app/session/nsm/nsm_transaction.hpp"

#include <optional>
#include <QHash>
#include <vector>

namespace nitroscope::app {

class NsmAccount {
public:
    static constexpr size_t maxTransactions = 2'000'000; // those beyond are counted, not kept

    // What a record has changed: number of the transaction, -1 = none.
    struct Change {
        int transaction = -1;
        bool isNew = false;
    };
    // Takes NSM records; others only for the time at which the stream begins.
    Change add(const pcapng::Record &record);

    const std::vector<NsmTransaction> &transactions() const { return m_transactions; }
    const NsmTransaction &at(int number) const { return m_transactions[static_cast<size_t>(number)]; }
    // Number of the transaction with this id; -1 when the capture does not have it.
    int find(quint64 id) const;
    QString comment(quint64 id) const { return m_comments.value(id); }  // what a fault did, in words
    std::optional<qint64> firstHostNs() const { return m_firstHostNs; } // when the stream began
    quint64 notKept() const { return m_notKept; }

private:
    std::vector<NsmTransaction> m_transactions;
    QHash<quint64, int> m_open; // transactions without an answer, by id
    QHash<quint64, QString> m_comments;
    std::optional<qint64> m_firstHostNs;
    quint64 m_notKept = 0;
};

} // namespace nitroscope::app
