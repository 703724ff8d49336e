// SPDX-License-Identifier: GPL-2.0-or-later
//
// Judges an EIF's signature the way the platform does before a start: certificate readable and within its
// dates, COSE signature made by its key, signed register is PCR0. That the signed value is the measured PCR0
// comes last, because it needs the whole file. AWS documents: image_signing.md of nitro-cli, image-format
// README "Signature section".

#pragma once

#include "qemu-machine/launch/certificate.hpp"
#include "qemu-machine/launch/hash/digest.hpp"
#include "qemu-machine/launch/signature_section.hpp"

#include <optional>
#include <string>
#include <vector>

namespace nitroscope::launch {

// One thing wrong. `reason` is a NITRO_LAUNCH_REASON_*, `range` bytes of the file.
struct SignatureFinding {
    uint32_t reason;
    FileRange range;
    std::string sentence;
};

struct SignatureCheck {
    SignatureSection section;
    // Of the first entry; absent when it cannot be read.
    std::optional<Certificate> certificate;
    // SHA384(48 zero bytes || SHA384(DER certificate)); absent without a certificate.
    std::optional<Digest> pcr8;
    std::vector<SignatureFinding> findings;
};

// Everything that can be judged without measuring. `now` is Unix seconds.
SignatureCheck checkSignature(std::span<const std::byte> data, uint64_t fileOffset, int64_t now);

// Compares the signed value with the measured PCR0; nothing when they are equal or nothing usable is signed.
std::optional<SignatureFinding> compareSignedRegister(const SignatureSection &section, const Digest &pcr0);

} // namespace nitroscope::launch
