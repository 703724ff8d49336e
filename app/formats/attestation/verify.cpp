// SPDX-License-Identifier: GPL-2.0-or-later
//
// See verify.hpp: what goes first and what follows; the expectations of the caller.

#include "app/formats/attestation/verify.hpp"

#include "app/formats/attestation/verdict_builder.hpp"
#include "app/formats/tree/value_text.hpp"

#include <algorithm>
#include <cmath>
#include <QDateTime>

namespace nitroscope::formats::attestation {

using namespace Qt::Literals::StringLiterals;

namespace {

void checkStructure(const Document &document, VerdictBuilder &out) {
    const QString subject = u"document"_s;
    bool isGood = true;
    for (const Fault &fault : document.faults) {
        const bool isSurprise = fault.kind == Fault::Kind::surprising;
        isGood = isGood && isSurprise;
        const QString place =
            fault.range.isEmpty() || isSurprise ? QString() : u" (byte %1)"_s.arg(fault.range.offset);
        out.add("structure", subject, isSurprise ? Outcome::surprising : Outcome::failed,
                fault.message + place, fault.range);
    }
    if (isGood)
        out.add("structure", subject, Outcome::passed,
                u"COSE_Sign1%1 of %2 with a payload map of %3 length and %4 PCRs."_s
                    .arg(document.isTagged ? u" with tag 18"_s : QString(),
                         sizeText(quint64(document.bytes.size())),
                         document.isPayloadIndefinite ? u"indefinite"_s : u"definite"_s)
                    .arg(document.pcrs.size()),
                {});
}

void checkPcrs(const Document &document, const VerifyOptions &options, VerdictBuilder &out) {
    if (document.isDebugMode())
        out.add("debug-mode", u"PCR0"_s, Outcome::surprising,
                u"The enclave ran in debug mode: PCR0, 1 and 2 are zero, so the document does not say "
                "what code ran."_s,
                document.pcrsRange);
    for (const auto &[index, expected] : options.pcrs) {
        const QString subject = u"PCR%1"_s.arg(index);
        const DocumentPcr *entry = document.pcr(index);
        if (!entry)
            out.add("pcr", subject, Outcome::failed, u"It is not in the document; only locked PCRs are."_s,
                    document.pcrsRange);
        else if (entry->value.bytes != expected)
            out.add("pcr", subject, Outcome::failed,
                    u"It is %1, not %2."_s.arg(QString::fromLatin1(entry->value.bytes.toHex()),
                                               QString::fromLatin1(expected.toHex())),
                    entry->value.range);
        else
            out.add("pcr", subject, Outcome::passed, u"It has the expected value."_s, entry->value.range);
    }
}

void checkBytes(const char *id, const std::optional<Part> &found, const std::optional<QByteArray> &expected,
                VerdictBuilder &out) {
    if (!expected)
        return;
    const QString subject = QLatin1String(id) == "user-data"_L1 ? u"user_data"_s : QLatin1String(id);
    if (!found)
        return out.add(id, subject, Outcome::failed, u"The document has none."_s, {});
    if (found->bytes != *expected)
        return out.add(id, subject, Outcome::failed,
                       u"It is %1, not the expected value."_s.arg(
                           found->bytes.isEmpty() ? u"empty"_s : QString::fromLatin1(found->bytes.toHex())),
                       found->range);
    out.add(id, subject, Outcome::passed, u"It has the expected value."_s, found->range);
}

// `referenceSeconds`: the time that the document's age is counted to.
void checkAge(const Document &document, qint64 referenceSeconds, std::optional<qint64> maxAgeSeconds,
              VerdictBuilder &out) {
    constexpr double tolerance = 60; // of clocks, seconds
    if (!document.timestampMs) {
        if (maxAgeSeconds)
            out.add("age", u"timestamp"_s, Outcome::failed, u"The document has none."_s, {});
        return;
    }
    const QString made = timeText(*document.timestampMs);
    const double age = double(referenceSeconds) - double(*document.timestampMs) / 1000;
    if (age < -tolerance)
        return out.add("age", u"timestamp"_s, maxAgeSeconds ? Outcome::failed : Outcome::surprising,
                       u"The document was made at %1, which is later than %2."_s.arg(
                           made, secondsText(referenceSeconds)),
                       document.timestampRange);
    if (!maxAgeSeconds)
        return;
    const QString seconds =
        QString::number(std::max(std::ceil(age), 0.0), 'f', 0); // 300.4 is over 300, and must not read as 300
    if (age > double(*maxAgeSeconds))
        return out.add(
            "age", u"timestamp"_s, Outcome::failed,
            u"The document of %1 is %2 seconds old; %3 are allowed."_s.arg(made, seconds).arg(*maxAgeSeconds),
            document.timestampRange);
    out.add("age", u"timestamp"_s, Outcome::passed,
            u"The document of %1 is %2 seconds old."_s.arg(made, seconds), document.timestampRange);
}

std::optional<qint64> certificateTime(const Document &document, const VerifyOptions &options, qint64 now) {
    switch (options.time) {
    case CheckTime::now:
        return now;
    case CheckTime::at:
        return options.atSeconds;
    case CheckTime::document:
        break;
    }
    // Beyond that a date has no meaning, and arithmetic with it no bounds.
    constexpr quint64 year10000 = 253'402'300'800'000;
    if (!document.timestampMs || *document.timestampMs >= year10000)
        return std::nullopt;
    return static_cast<qint64>(*document.timestampMs / 1000);
}

Verdict conclude(const std::vector<Check> &checks) {
    const auto has = [&checks](Outcome outcome) {
        return std::ranges::find(checks, outcome, &Check::outcome) != checks.end();
    };
    if (has(Outcome::failed) || has(Outcome::skipped))
        return Verdict::invalid;
    return has(Outcome::surprising) ? Verdict::surprising : Verdict::valid;
}

} // namespace

Verification verify(const Document &document, const VerifyOptions &options) {
    Verification result;
    VerdictBuilder out;
    checkStructure(document, out);
    if (!document.isReadable()) {
        result.checks = out.take();
        return result;
    }
    const qint64 now = options.nowSeconds.value_or(QDateTime::currentSecsSinceEpoch());
    result.checkedAtSeconds = certificateTime(document, options, now);
    const Chain chain = readChain(document, out);
    checkSignature(document, chain, out);
    result.rootName = checkChain(document, chain, options.roots, result.checkedAtSeconds, out);
    checkPcrs(document, options, out);
    checkBytes("nonce", document.nonce, options.nonce, out);
    checkBytes("user-data", document.userData, options.userData, out);
    checkAge(document, options.time == CheckTime::at ? options.atSeconds : now, options.maxAgeSeconds, out);
    checkConsistency(document, chain, out);
    result.checks = out.take();
    result.verdict = conclude(result.checks);
    return result;
}

} // namespace nitroscope::formats::attestation
