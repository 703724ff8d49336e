// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the text of a decision says of the key's policy, for those who show both side by side, live and from a capture.
#pragma once

#include <optional>
#include <QByteArray>
#include <QStringList>
#include <vector>

namespace nitroscope::app {

struct PolicyMark {
    enum class Kind { allows, denies, holds, fails }; // a statement that applies, a condition
    int line = 0;                                     // of the policy, from 1
    Kind kind = Kind::fails;
    bool operator==(const PolicyMark &) const = default;
};

// Of the key's policy; identity policies have lines of their own.
std::vector<PolicyMark> policyMarks(const QString &explanation);
// The PCR of the first condition that failed; ImageSha384 is PCR 0.
std::optional<int> differingPcr(const QString &explanation);

// What lint finds in the policy, a line each, the worst first.
QStringList policyFindings(const QByteArray &policy);

} // namespace nitroscope::app
