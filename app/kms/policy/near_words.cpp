// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/kms/policy/near_words.hpp"

#include <algorithm>
#include <numeric>
#include <vector>

namespace nitroscope::kms {

int editDistance(QStringView a, QStringView b) {
    constexpr qsizetype maxCompared = 80;
    a = a.first(std::min(a.size(), maxCompared));
    b = b.first(std::min(b.size(), maxCompared));
    std::vector<int> row(size_t(b.size()) + 1);
    std::iota(row.begin(), row.end(), 0);
    for (qsizetype i = 0; i < a.size(); ++i) {
        int diagonal = row[0];
        row[0] = int(i) + 1;
        for (size_t j = 1; j < row.size(); ++j) {
            const bool isSame = a[i].toCaseFolded() == b[qsizetype(j) - 1].toCaseFolded();
            const int changed = diagonal + !isSame;
            diagonal = row[j];
            row[j] = std::min({changed, row[j] + 1, row[j - 1] + 1});
        }
    }
    return row.back();
}

void NearWord::consider(const QString &candidate) {
    const int distance = editDistance(m_meant, candidate);
    const bool isNear = distance * 3 <= std::max(m_meant.size(), candidate.size());
    if (isNear && (m_distance < 0 || distance < m_distance)) {
        m_distance = distance;
        m_word = candidate;
    }
}

} // namespace nitroscope::kms
