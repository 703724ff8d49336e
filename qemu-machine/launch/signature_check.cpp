// SPDX-License-Identifier: GPL-2.0-or-later
//
// See signature_check.hpp.

#include "qemu-machine/launch/signature_check.hpp"

#include "qemu-machine/launch/launch_problem.h"

#include <algorithm>

namespace nitroscope::launch {

namespace {

std::string hexBytes(std::span<const std::byte> bytes, size_t most) {
    constexpr char digits[] = "0123456789abcdef";
    std::string text;
    for (const std::byte byte : bytes.first(std::min(most, bytes.size()))) {
        text += digits[std::to_integer<unsigned>(byte) >> 4];
        text += digits[std::to_integer<unsigned>(byte) & 15];
    }
    return bytes.size() > most ? text + "..." : text;
}

void checkDates(SignatureCheck &check, FileRange range, int64_t now) {
    const Certificate &certificate = *check.certificate;
    const auto add = [&](std::string sentence) {
        check.findings.push_back({NITRO_LAUNCH_REASON_CERTIFICATE_DATES, range, std::move(sentence)});
    };
    const auto from = certificate.notBefore(), until = certificate.notAfter();
    if (!from || !until)
        add("The signing certificate's validity dates cannot be read; sign with another certificate.");
    else if (now < *from)
        add("The signing certificate is valid only from " + certificate.notBeforeText() +
            "; check this computer's clock, or sign with another certificate.");
    else if (now > *until)
        add("The signing certificate expired on " + certificate.notAfterText() +
            "; sign the image again with a valid certificate.");
}

void checkCose(SignatureCheck &check, const CoseSign1 &sign1) {
    const auto add = [&](uint32_t reason, FileRange range, std::string sentence) {
        check.findings.push_back({reason, range, std::move(sentence)});
    };
    const std::string algorithm = coseAlgorithmText(sign1.algorithm);
    switch (check.certificate->verifyCose(sign1.algorithm, sign1.protectedHeader, sign1.payload,
                                          sign1.signature)) {
    case CoseVerdict::good:
        return;
    case CoseVerdict::wrong:
        return add(NITRO_LAUNCH_REASON_SIGNATURE_WRONG, sign1.signatureRange,
                   "The signature was not made by the certificate's key over this payload; sign the image "
                   "again with the key "
                   "that belongs to the certificate.");
    case CoseVerdict::unknownAlgorithm:
        return add(NITRO_LAUNCH_REASON_SIGNATURE_FORMAT, sign1.protectedRange,
                   "The signature's algorithm (" + algorithm +
                       ") is none of ES256, ES384 and ES512; sign with an EC key.");
    case CoseVerdict::keyDoesNotFit:
        return add(NITRO_LAUNCH_REASON_CERTIFICATE, check.section.entries.front().certificate.range,
                   "The signing certificate's key (" + check.certificate->keyText() +
                       ") is not an elliptic curve key; use P-256, P-384 or P-521.");
    case CoseVerdict::badLength:
        return add(NITRO_LAUNCH_REASON_SIGNATURE_WRONG, sign1.signatureRange,
                   "The signature's length (" + std::to_string(sign1.signature.size()) +
                       " bytes) does not fit the certificate's key (" + check.certificate->keyText() +
                       "); sign the image again.");
    }
}

} // namespace

SignatureCheck checkSignature(std::span<const std::byte> data, uint64_t fileOffset, int64_t now) {
    SignatureCheck check;
    check.section = decodeSignatureSection(data, fileOffset);
    if (const auto &fault = check.section.fault)
        check.findings.push_back({NITRO_LAUNCH_REASON_SIGNATURE_FORMAT, {fault->offset, 1}, fault->sentence});
    if (check.section.entries.empty())
        return check;

    const SignatureEntry &entry = check.section.entries.front();
    if (entry.certificate.isPresent()) {
        check.certificate = Certificate::fromPem(entry.certificate.bytes);
        if (!check.certificate) {
            check.findings.push_back(
                {NITRO_LAUNCH_REASON_CERTIFICATE, entry.certificate.range,
                 "The signing certificate is not a readable PEM certificate; sign the image again."});
        } else {
            const Digest digest = Sha384::of(check.certificate->der());
            check.pcr8 = extendZero(std::as_bytes(std::span(digest)));
            checkDates(check, entry.certificate.range, now);
        }
    }
    if (check.certificate && entry.sign1)
        checkCose(check, *entry.sign1);
    if (entry.signedRegister && entry.signedRegister->index != 0u)
        check.findings.push_back({NITRO_LAUNCH_REASON_SIGNED_PCR, entry.sign1->payloadRange,
                                  "The signature is over PCR" + std::to_string(*entry.signedRegister->index) +
                                      ", but only a signature over PCR0 counts; sign the image again."});
    return check;
}

std::optional<SignatureFinding> compareSignedRegister(const SignatureSection &section, const Digest &pcr0) {
    if (section.entries.empty() || !section.entries.front().signedRegister)
        return std::nullopt;
    const SignatureEntry &entry = section.entries.front();
    const SignedRegister &signedRegister = *entry.signedRegister;
    const auto measured = std::as_bytes(std::span(pcr0));
    if (signedRegister.index != 0u || std::ranges::equal(signedRegister.value, measured))
        return std::nullopt;
    return SignatureFinding{NITRO_LAUNCH_REASON_SIGNED_PCR, entry.sign1->payloadRange,
                            "The signature is over another image: it signs PCR0 " +
                                hexBytes(signedRegister.value, 6) + " but this image measures " +
                                hexBytes(measured, 6) + "; sign the image again."};
}

} // namespace nitroscope::launch
