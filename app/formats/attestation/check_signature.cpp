// SPDX-License-Identifier: GPL-2.0-or-later
//
// The signature of COSE_Sign1 (RFC 9052 §4.4) with ECDSA (RFC 9053 §2.1): over Sig_structure = ["Signature1",
// protected header, empty external data, payload], as r ‖ s at the curve's width.

#include "app/formats/attestation/verdict_builder.hpp"
#include "app/formats/tree/value_text.hpp"
#include "qemu-machine/launch/cose.hpp"

namespace nitroscope::formats::attestation {

using namespace Qt::Literals::StringLiterals;

void checkSignature(const Document &document, const Chain &chain, VerdictBuilder &out) {
    const QString subject = u"COSE_Sign1"_s;
    if (!document.protectedHeader || !document.payload || !document.signature || !document.algorithm)
        return out.add("signature", subject, Outcome::failed, u"There is no complete signature to verify."_s,
                       {});
    const ByteRange headerRange = document.protectedHeader->range, range = document.signature->range;
    const launch::CoseAlgorithm *algorithm = launch::coseAlgorithm(document.algorithm);
    const QString name = algorithmText(document.algorithm);
    if (!algorithm)
        return out.add("algorithm", subject, Outcome::failed,
                       u"The signature algorithm is %1%2; the hardware signs with ES384 (-35)."_s.arg(
                           name, *document.algorithm == -1
                                     ? u" (QEMU's own NSM device writes this: it does not sign)"_s
                                     : QString()),
                       headerRange);
    out.add("algorithm", subject,
            *document.algorithm == launch::coseEs384 ? Outcome::passed : Outcome::surprising,
            *document.algorithm == launch::coseEs384
                ? u"The signature algorithm is ES384."_s
                : u"The signature algorithm is %1; the hardware signs with ES384."_s.arg(name),
            headerRange);
    if (!chain.leaf)
        return out.add("signature", subject, Outcome::skipped,
                       u"It could not be verified without the leaf certificate."_s, range);
    if (chain.leaf->fieldBytes() != algorithm->fieldBytes)
        return out.add("signature", subject, Outcome::failed,
                       u"The leaf's key (%1) does not fit %2."_s.arg(chain.leaf->keyText(), name), range);
    if (document.signature->bytes.size() != 2 * algorithm->fieldBytes)
        return out.add("signature", subject, Outcome::failed,
                       u"It has %1 bytes; %2 gives %3."_s.arg(document.signature->bytes.size())
                           .arg(name)
                           .arg(2 * algorithm->fieldBytes),
                       range);
    if (launch::verifyCose(X509_get0_pubkey(chain.leaf->get()), document.algorithm,
                           toBytes(document.protectedHeader->bytes), toBytes(document.payload->bytes),
                           toBytes(document.signature->bytes)) != launch::CoseVerdict::good)
        return out.add("signature", subject, Outcome::failed,
                       u"The signature is wrong: the payload was changed, or another key made it."_s, range);
    out.add("signature", subject, Outcome::passed,
            u"The signature was made with the leaf certificate's key over this payload."_s, range);
}

} // namespace nitroscope::formats::attestation
