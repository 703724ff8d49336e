// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/kms/recipient/recipient.hpp"

#include "app/kms/policy/guarded_policy.hpp"

#include <algorithm>

namespace nitroscope::kms {

using namespace Qt::Literals::StringLiterals;
namespace attestation = formats::attestation;

void setDocument(Request &request, const attestation::Document &document,
                 const attestation::VerifyOptions &options) {
    const attestation::Verification verification = attestation::verify(document, options);
    request.isNitroTpm = document.isNitroTpm;
    if (!verification.isValid()) {
        const auto failed =
            std::find_if(verification.checks.begin(), verification.checks.end(),
                         [](const auto &check) { return check.outcome == attestation::Outcome::failed; });
        request.attestation = Attestation::invalid;
        request.attestationProblem = failed == verification.checks.end()
                                         ? u"It is no attestation document."_s
                                         : u"%1: %2"_s.arg(failed->subject, failed->text);
        return;
    }
    request.attestation = Attestation::verified;
    std::map<quint64, QByteArray> pcrs;
    for (const attestation::DocumentPcr &pcr : document.pcrs)
        pcrs.emplace(pcr.index, pcr.value.bytes);
    setAttestationKeys(request, pcrs, u"document"_s);
}

void setExpectedEnclave(Request &request, const ExpectedEnclave &enclave) {
    constexpr quint64 platformPcrs = 16; // that are locked, and so in every document
    std::map<quint64, QByteArray> pcrs;
    for (quint64 index = 0; index < platformPcrs; ++index)
        pcrs.emplace(index, QByteArray(48, '\0'));
    if (!enclave.isDebug)
        for (const auto &[index, value] : enclave.imagePcrs)
            pcrs[index] = value;
    pcrs[3] = textPcr(enclave.role);
    pcrs[4] = textPcr(enclave.instance);
    request.attestation = Attestation::expected;
    setAttestationKeys(request, pcrs, u"image"_s);
}

} // namespace nitroscope::kms
