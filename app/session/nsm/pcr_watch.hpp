// SPDX-License-Identifier: GPL-2.0-or-later
//
// Remembers the PCRs of a run and says which of a new report are news, so that watchers are told of changes
// only, whether they come as events or as answers to a query.
#pragma once

#include "app/session/account/session_types.hpp"

#include <array>
#include <optional>

namespace nitroscope::app {

class PcrWatch {
public:
    // The reported PCRs that differ from what was known; indexes outside 0..31 are ignored.
    QVector<PcrValue> update(const QVector<PcrValue> &reported) {
        QVector<PcrValue> news;
        for (const PcrValue &pcr : reported) {
            if (pcr.index < 0 || pcr.index >= static_cast<int>(m_known.size()))
                continue;
            auto &known = m_known[static_cast<size_t>(pcr.index)];
            if (known == pcr)
                continue;
            known = pcr;
            news.append(pcr);
        }
        return news;
    }

private:
    std::array<std::optional<PcrValue>, 32> m_known;
};

} // namespace nitroscope::app
