// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/session/account/pcr_account.hpp"

#include <algorithm>
#include <utility>

namespace nitroscope::app {

void PcrAccount::add(const PcrChange &change) {
    set(change.pcr);
    auto &history = m_history[static_cast<size_t>(change.pcr.index)];
    if (history.size() < maxChanges)
        history.push_back(change);
    else
        ++m_notKept;
}

void PcrAccount::reset() {
    constexpr qsizetype digestBytes = 48; // SHA-384
    const QByteArray zero(digestBytes, '\0');
    for (int index = 0; index < pcrCount; ++index)
        set({index, zero, false});
}

void PcrAccount::set(const PcrValue &value) {
    auto &known = m_values[static_cast<size_t>(value.index)];
    if (known == value)
        return;
    known = value;
    m_news |= 1U << value.index;
}

QVector<PcrValue> PcrAccount::valuesAt(quint64 offset) const {
    QVector<PcrValue> values;
    for (const std::vector<PcrChange> &history : m_history) {
        const auto after = std::ranges::lower_bound(history, offset, {}, &PcrChange::offset);
        if (after != history.begin())
            values.append(std::prev(after)->pcr);
    }
    return values;
}

QVector<PcrValue> PcrAccount::takeNews() {
    QVector<PcrValue> news;
    const quint32 changed = std::exchange(m_news, 0);
    for (int index = 0; index < pcrCount; ++index)
        if (changed >> index & 1)
            news.append(*value(index));
    return news;
}

} // namespace nitroscope::app
