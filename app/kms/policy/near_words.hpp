// SPDX-License-Identifier: GPL-2.0-or-later
//
// The word that somebody who mistyped another one probably meant.
#pragma once

#include <QString>

namespace nitroscope::kms {

// How many characters must be changed, added or left out to make one of the other, without regard to case; both are cut at
// 80 characters.
int editDistance(QStringView a, QStringView b);

class NearWord {
public:
    explicit NearWord(QStringView meant) : m_meant(meant.toString()) {}
    void consider(const QString &candidate);
    // Empty when even the nearest differs in more than a third of its characters.
    QString word() const { return m_word; }

private:
    QString m_meant, m_word;
    int m_distance = -1;
};

} // namespace nitroscope::kms
