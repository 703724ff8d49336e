// SPDX-License-Identifier: GPL-2.0-or-later
//
// Any bytes as an EIF's signature section: three layers of CBOR, a PEM certificate and a COSE signature.
// Ranges that are reported must lie inside of the section, because a hex view follows them.

#include "qemu-machine/launch/signature_check.hpp"

#include <cstdint>
#include <cstdlib>

using namespace nitroscope::launch;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    constexpr uint64_t base = 1000;
    const auto inside = [&](FileRange range) {
        if (range.length > 0 && (range.offset < base || range.offset + range.length > base + size + 1))
            std::abort();
    };
    const SignatureCheck check = checkSignature(std::as_bytes(std::span(data, size)), base, 1'800'000'000);
    for (const SignatureFinding &finding : check.findings)
        inside(finding.range);
    for (const SignatureEntry &entry : check.section.entries) {
        inside(entry.range);
        inside(entry.certificate.range);
        inside(entry.cose.range);
        if (entry.sign1) {
            inside(entry.sign1->payloadRange);
            inside(entry.sign1->signatureRange);
        }
    }
    compareSignedRegister(check.section, Digest{});
    return 0;
}
