// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/formats/attestation/verdict.hpp"

namespace nitroscope::formats::attestation {

QString verdictText(Verdict verdict) {
    return verdict == Verdict::surprising ? QStringLiteral("valid, but surprising") : verdictWord(verdict);
}

QString verdictWord(Verdict verdict) {
    switch (verdict) {
    case Verdict::valid:
        return QStringLiteral("valid");
    case Verdict::surprising:
        return QStringLiteral("surprising");
    case Verdict::invalid:
        return QStringLiteral("invalid");
    case Verdict::unreadable:
        return QStringLiteral("unreadable");
    }
    return {};
}

QString outcomeWord(Outcome outcome) {
    switch (outcome) {
    case Outcome::passed:
        return QStringLiteral("passed");
    case Outcome::surprising:
        return QStringLiteral("surprising");
    case Outcome::failed:
        return QStringLiteral("failed");
    case Outcome::skipped:
        return QStringLiteral("skipped");
    }
    return {};
}

} // namespace nitroscope::formats::attestation
