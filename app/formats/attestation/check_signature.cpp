// SPDX-License-Identifier: GPL-2.0-or-later
//
// The signature of COSE_Sign1 (RFC 9052 §4.4) with ECDSA (RFC 9053 §2.1): over Sig_structure = ["Signature1",
// protected header, empty external data, payload], as r ‖ s at the curve's width.

#include "app/formats/attestation/verdict_builder.hpp"
#include "app/formats/tree/value_text.hpp"
#include "nsm-device/cbor/cbor_writer.hpp"

#include <array>
#include <openssl/ec.h>
#include <openssl/err.h>

namespace nitroscope::formats::attestation {

namespace {

struct Algorithm {
    qint64 number;
    int fieldBytes; // of the curve that goes with it
    const EVP_MD *(*digest)();
};

const Algorithm *algorithmOf(qint64 number) {
    static constexpr std::array<Algorithm, 3> known{
        {{-7, 32, EVP_sha256}, {-35, 48, EVP_sha384}, {-36, 66, EVP_sha512}}};
    for (const Algorithm &algorithm : known)
        if (algorithm.number == number)
            return &algorithm;
    return nullptr;
}

using SignaturePtr = std::unique_ptr<ECDSA_SIG, nsm::Release<ECDSA_SIG_free>>;
using BignumPtr = std::unique_ptr<BIGNUM, nsm::Release<BN_free>>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, nsm::Release<EVP_MD_CTX_free>>;

// r ‖ s as the DER that OpenSSL verifies; empty on failure.
QByteArray derOf(const QByteArray &raw) {
    const auto *bytes = reinterpret_cast<const unsigned char *>(raw.constData());
    const int half = static_cast<int>(raw.size() / 2);
    BignumPtr r(BN_bin2bn(bytes, half, nullptr)), s(BN_bin2bn(bytes + half, half, nullptr));
    const SignaturePtr signature(ECDSA_SIG_new());
    if (!r || !s || !signature || ECDSA_SIG_set0(signature.get(), r.get(), s.get()) != 1)
        return {};
    (void)r.release(), (void)s.release();
    unsigned char *der = nullptr;
    const int size = i2d_ECDSA_SIG(signature.get(), &der);
    if (size <= 0)
        return {};
    const QByteArray result(reinterpret_cast<char *>(der), size);
    OPENSSL_free(der);
    return result;
}

bool isSignedBy(const Certificate &leaf, const Algorithm &algorithm, const Document &document) {
    const QByteArray &header = document.protectedHeader->bytes, &payload = document.payload->bytes;
    std::vector<std::byte> buffer(static_cast<size_t>(header.size()) + 64);
    cbor::Writer start(buffer);
    start.array(4);
    start.text("Signature1");
    start.bytes(toBytes(header));
    start.bytes({});
    start.bytesHead(static_cast<std::uint64_t>(payload.size()));
    const QByteArray der = derOf(document.signature->bytes);
    const DigestContext context(EVP_MD_CTX_new());
    const bool good =
        start.ok() && !der.isEmpty() && context &&
        EVP_DigestVerifyInit(context.get(), nullptr, algorithm.digest(), nullptr,
                             X509_get0_pubkey(leaf.get())) == 1 &&
        EVP_DigestVerifyUpdate(context.get(), buffer.data(), start.size()) == 1 &&
        EVP_DigestVerifyUpdate(context.get(), payload.constData(), static_cast<size_t>(payload.size())) ==
            1 &&
        EVP_DigestVerifyFinal(context.get(), reinterpret_cast<const unsigned char *>(der.constData()),
                              static_cast<size_t>(der.size())) == 1;
    ERR_clear_error();
    return good;
}

} // namespace

void checkSignature(const Document &document, const Chain &chain, VerdictBuilder &out) {
    const QString subject = QStringLiteral("COSE_Sign1");
    constexpr qint64 es384 = -35;
    if (!document.protectedHeader || !document.payload || !document.signature || !document.algorithm)
        return out.add("signature", subject, Outcome::failed,
                       QStringLiteral("There is no complete signature to verify."), {});
    const ByteRange headerRange = document.protectedHeader->range, range = document.signature->range;
    const Algorithm *algorithm = algorithmOf(*document.algorithm);
    const QString name = algorithmText(document.algorithm);
    if (!algorithm)
        return out.add(
            "algorithm", subject, Outcome::failed,
            QStringLiteral("The signature algorithm is %1%2; the hardware signs with ES384 (-35).")
                .arg(name, *document.algorithm == -1
                               ? QStringLiteral(" (QEMU's own NSM device writes this: it does not sign)")
                               : QString()),
            headerRange);
    out.add("algorithm", subject, *document.algorithm == es384 ? Outcome::passed : Outcome::surprising,
            *document.algorithm == es384
                ? QStringLiteral("The signature algorithm is ES384.")
                : QStringLiteral("The signature algorithm is %1; the hardware signs with ES384.").arg(name),
            headerRange);
    if (!chain.leaf)
        return out.add("signature", subject, Outcome::skipped,
                       QStringLiteral("It could not be verified without the leaf certificate."), range);
    if (chain.leaf->fieldBytes() != algorithm->fieldBytes)
        return out.add(
            "signature", subject, Outcome::failed,
            QStringLiteral("The leaf's key (%1) does not go with %2.").arg(chain.leaf->keyText(), name),
            range);
    if (document.signature->bytes.size() != 2 * algorithm->fieldBytes)
        return out.add("signature", subject, Outcome::failed,
                       QStringLiteral("It has %1 bytes; %2 gives %3.")
                           .arg(document.signature->bytes.size())
                           .arg(name)
                           .arg(2 * algorithm->fieldBytes),
                       range);
    if (!isSignedBy(*chain.leaf, *algorithm, document))
        return out.add(
            "signature", subject, Outcome::failed,
            QStringLiteral("The signature is wrong: the payload was changed, or another key made it."),
            range);
    out.add("signature", subject, Outcome::passed,
            QStringLiteral("The signature was made with the leaf certificate's key over this payload."),
            range);
}

} // namespace nitroscope::formats::attestation
