// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/session/nsm/nsm_account.hpp"

#include <algorithm>

namespace nitroscope::app {

NsmAccount::Change NsmAccount::add(const pcapng::Record &record) {
    if (!m_firstHostNs)
        m_firstHostNs = record.hostNs;
    const auto *nsm = std::get_if<pcapng::NsmRecord>(&record.content);
    if (!nsm)
        return {};
    Change change{nsm->isResponse ? m_open.value(nsm->transaction, -1) : -1, false};
    change.isNew = change.transaction < 0;
    if (change.isNew) {
        if (m_transactions.size() >= maxTransactions) {
            ++m_notKept;
            return {};
        }
        change.transaction = static_cast<int>(m_transactions.size());
        m_transactions.emplace_back();
        m_transactions.back().id = nsm->transaction;
    }
    NsmTransaction &transaction = m_transactions[static_cast<size_t>(change.transaction)];
    if (nsm->isResponse) {
        takeResponse(record, *nsm, transaction);
        m_open.remove(nsm->transaction);
    } else {
        takeRequest(record, *nsm, transaction);
        m_open.insert(nsm->transaction, change.transaction);
    }
    if (!record.comment.isEmpty())
        m_comments.insert(nsm->transaction, record.comment);
    return change;
}

int NsmAccount::find(quint64 id) const {
    // Numbers ascend, except in files that were merged from several captures.
    const auto found =
        std::lower_bound(m_transactions.begin(), m_transactions.end(), id,
                         [](const NsmTransaction &t, quint64 wanted) { return t.id < wanted; });
    if (found != m_transactions.end() && found->id == id)
        return static_cast<int>(found - m_transactions.begin());
    const auto anywhere = std::find_if(m_transactions.begin(), m_transactions.end(),
                                       [id](const NsmTransaction &t) { return t.id == id; });
    return anywhere == m_transactions.end() ? -1 : static_cast<int>(anywhere - m_transactions.begin());
}

} // namespace nitroscope::app
