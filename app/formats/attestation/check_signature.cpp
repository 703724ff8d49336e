// SPDX-License-Identifier: GPL-2.0-or-later
//
// The signature of COSE_Sign1 (RFC 9052 §4.4) with ECDSA (RFC 9053 §2.1): over Sig_structure = ["Signature1",
// protected header, empty external data, payload], as r ‖ s at the curve's width.

#include "app/formats/attestation/verdict_builder.hpp"
#include "app/formats/tree/value_text.hpp"
#include "qemu-machine/launch/cose.hpp"

namespace nitroscope::formats::attestation {

void checkSignature(const Document &document, const Chain &chain, VerdictBuilder &out) {
    const QString subject = QStringLiteral("COSE_Sign1");
    if (!document.protectedHeader || !document.payload || !document.signature || !document.algorithm)
        return out.add("signature", subject, Outcome::failed,
                       QStringLiteral("There is no complete signature to verify."), {});
    const ByteRange headerRange = document.protectedHeader->range, range = document.signature->range;
    const launch::CoseAlgorithm *algorithm = launch::coseAlgorithm(document.algorithm);
    const QString name = algorithmText(document.algorithm);
    if (!algorithm)
        return out.add(
            "algorithm", subject, Outcome::failed,
            QStringLiteral("The signature algorithm is %1%2; the hardware signs with ES384 (-35).")
                .arg(name, *document.algorithm == -1
                               ? QStringLiteral(" (QEMU's own NSM device writes this: it does not sign)")
                               : QString()),
            headerRange);
    out.add("algorithm", subject,
            *document.algorithm == launch::coseEs384 ? Outcome::passed : Outcome::surprising,
            *document.algorithm == launch::coseEs384
                ? QStringLiteral("The signature algorithm is ES384.")
                : QStringLiteral("The signature algorithm is %1; the hardware signs with ES384.").arg(name),
            headerRange);
    if (!chain.leaf)
        return out.add("signature", subject, Outcome::skipped,
                       QStringLiteral("It could not be verified without the leaf certificate."), range);
    if (chain.leaf->fieldBytes() != algorithm->fieldBytes)
        return out.add(
            "signature", subject, Outcome::failed,
            QStringLiteral("The leaf's key (%1) does not fit %2.").arg(chain.leaf->keyText(), name), range);
    if (document.signature->bytes.size() != 2 * algorithm->fieldBytes)
        return out.add("signature", subject, Outcome::failed,
                       QStringLiteral("It has %1 bytes; %2 gives %3.")
                           .arg(document.signature->bytes.size())
                           .arg(name)
                           .arg(2 * algorithm->fieldBytes),
                       range);
    if (launch::verifyCose(X509_get0_pubkey(chain.leaf->get()), document.algorithm,
                           toBytes(document.protectedHeader->bytes), toBytes(document.payload->bytes),
                           toBytes(document.signature->bytes)) != launch::CoseVerdict::good)
        return out.add(
            "signature", subject, Outcome::failed,
            QStringLiteral("The signature is wrong: the payload was changed, or another key made it."),
            range);
    out.add("signature", subject, Outcome::passed,
            QStringLiteral("The signature was made with the leaf certificate's key over this payload."),
            range);
}

} // namespace nitroscope::formats::attestation
