// SPDX-License-Identifier: GPL-2.0-or-later
//
// Attestation documents: COSE_Sign1 (RFC 9052) untagged, ES384, over a CBOR payload with the keys in the
// order and the encodings that Nitro hardware uses.
#pragma once

#include "nsm-device/cbor/cbor_writer.hpp"
#include "nsm-device/core/pcr_bank.hpp"
#include "nsm-device/pki/pki.hpp"

#include <optional>
#include <string_view>

namespace nitroscope::nsm {

// Hardware wrote the payload as a definite map (a9) until the spring of 2025 and as an indefinite one (bf …
// ff) since.
enum class PayloadStyle : std::uint8_t { indefiniteMap, definiteMap };

struct DocumentContent {
    std::string_view moduleId;
    std::uint64_t timestampMs = 0; // since the epoch
    std::span<const Pcr> pcrs;     // all of the bank as the guest sees it; only the locked ones go in
    std::optional<cbor::Bytes> publicKey, userData, nonce; // absent = null
    PayloadStyle style = PayloadStyle::indefiniteMap;
};

// Where to damage a document after signing it: `random` picks the byte and the bit.
struct Damage {
    bool payload = false, signature = false;
    std::uint64_t random = 0;
};

// Writes the document as one CBOR byte string. False when signing fails; a full writer is not a failure here.
bool writeDocument(cbor::Writer &out, const DocumentContent &content, const Chain &chain, Damage damage = {});

} // namespace nitroscope::nsm
