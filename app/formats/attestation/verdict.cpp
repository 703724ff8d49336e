// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/formats/attestation/verdict.hpp"

namespace nitroscope::formats::attestation {

using namespace Qt::Literals::StringLiterals;

QString verdictText(Verdict verdict) {
    return verdict == Verdict::surprising ? u"valid, but surprising"_s : verdictWord(verdict);
}

QString verdictWord(Verdict verdict) {
    switch (verdict) {
    case Verdict::valid:
        return u"valid"_s;
    case Verdict::surprising:
        return u"surprising"_s;
    case Verdict::invalid:
        return u"invalid"_s;
    case Verdict::unreadable:
        return u"unreadable"_s;
    }
    return {};
}

QString outcomeWord(Outcome outcome) {
    switch (outcome) {
    case Outcome::passed:
        return u"passed"_s;
    case Outcome::surprising:
        return u"surprising"_s;
    case Outcome::failed:
        return u"failed"_s;
    case Outcome::skipped:
        return u"skipped"_s;
    }
    return {};
}

} // namespace nitroscope::formats::attestation
