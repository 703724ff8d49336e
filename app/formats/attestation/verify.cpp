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

namespace {

void checkStructure(const Document &document, VerdictBuilder &out) {
    const QString subject = QStringLiteral("document");
    bool isGood = true;
    for (const Fault &fault : document.faults) {
        const bool isSurprise = fault.kind == Fault::Kind::surprising;
        isGood = isGood && isSurprise;
        const QString place = fault.range.isEmpty() || isSurprise
                                  ? QString()
                                  : QStringLiteral(" (byte %1)").arg(fault.range.offset);
        out.add("structure", subject, isSurprise ? Outcome::surprising : Outcome::failed,
                fault.message + place, fault.range);
    }
    if (isGood)
        out.add(
            "structure", subject, Outcome::passed,
            QStringLiteral("COSE_Sign1%1 of %2 with a payload map of %3 length and %4 PCRs.")
                .arg(document.isTagged ? QStringLiteral(" with tag 18") : QString(),
                     sizeText(quint64(document.bytes.size())),
                     document.isPayloadIndefinite ? QStringLiteral("indefinite") : QStringLiteral("definite"))
                .arg(document.pcrs.size()),
            {});
}

void checkPcrs(const Document &document, const VerifyOptions &options, VerdictBuilder &out) {
    if (document.isDebugMode())
        out.add("debug-mode", QStringLiteral("PCR0"), Outcome::surprising,
                QStringLiteral(
                    "The enclave ran in debug mode: PCR0, 1 and 2 are zero, so the document does not say "
                    "what code ran."),
                document.pcrsRange);
    for (const auto &[index, expected] : options.pcrs) {
        const QString subject = QStringLiteral("PCR%1").arg(index);
        const DocumentPcr *entry = document.pcr(index);
        if (!entry)
            out.add("pcr", subject, Outcome::failed,
                    QStringLiteral("It is not in the document; only locked PCRs are."), document.pcrsRange);
        else if (entry->value.bytes != expected)
            out.add("pcr", subject, Outcome::failed,
                    QStringLiteral("It is %1, not %2.")
                        .arg(QString::fromLatin1(entry->value.bytes.toHex()),
                             QString::fromLatin1(expected.toHex())),
                    entry->value.range);
        else
            out.add("pcr", subject, Outcome::passed, QStringLiteral("It has the expected value."),
                    entry->value.range);
    }
}

void checkBytes(const char *id, const std::optional<Part> &found, const std::optional<QByteArray> &expected,
                VerdictBuilder &out) {
    if (!expected)
        return;
    const QString subject =
        QLatin1String(id) == QLatin1String("user-data") ? QStringLiteral("user_data") : QLatin1String(id);
    if (!found)
        return out.add(id, subject, Outcome::failed, QStringLiteral("The document has none."), {});
    if (found->bytes != *expected)
        return out.add(id, subject, Outcome::failed,
                       QStringLiteral("It is %1, not the expected value.")
                           .arg(found->bytes.isEmpty() ? QStringLiteral("empty")
                                                       : QString::fromLatin1(found->bytes.toHex())),
                       found->range);
    out.add(id, subject, Outcome::passed, QStringLiteral("It has the expected value."), found->range);
}

// `referenceSeconds`: the time that the document's age is counted to.
void checkAge(const Document &document, qint64 referenceSeconds, std::optional<qint64> maxAgeSeconds,
              VerdictBuilder &out) {
    constexpr double tolerance = 60; // of clocks, seconds
    if (!document.timestampMs) {
        if (maxAgeSeconds)
            out.add("age", QStringLiteral("timestamp"), Outcome::failed,
                    QStringLiteral("The document has none."), {});
        return;
    }
    const QString made = timeText(*document.timestampMs);
    const double age = double(referenceSeconds) - double(*document.timestampMs) / 1000;
    if (age < -tolerance)
        return out.add("age", QStringLiteral("timestamp"),
                       maxAgeSeconds ? Outcome::failed : Outcome::surprising,
                       QStringLiteral("The document was made at %1, which is later than %2.")
                           .arg(made, secondsText(referenceSeconds)),
                       document.timestampRange);
    if (!maxAgeSeconds)
        return;
    const QString seconds =
        QString::number(std::max(std::ceil(age), 0.0), 'f', 0); // 300.4 is over 300, and must not read as 300
    if (age > double(*maxAgeSeconds))
        return out.add("age", QStringLiteral("timestamp"), Outcome::failed,
                       QStringLiteral("The document of %1 is %2 seconds old; %3 are allowed.")
                           .arg(made, seconds)
                           .arg(*maxAgeSeconds),
                       document.timestampRange);
    out.add("age", QStringLiteral("timestamp"), Outcome::passed,
            QStringLiteral("The document of %1 is %2 seconds old.").arg(made, seconds),
            document.timestampRange);
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
