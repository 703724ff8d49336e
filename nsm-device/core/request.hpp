// SPDX-License-Identifier: GPL-2.0-or-later
//
// A decoded NSM request. Requests are CBOR in serde's externally tagged form (aws-nitro-enclaves-nsm-api,
// enum Request): a unit variant is its name as text or {name: null}, a struct variant is {name: {field:
// value, …}}.
#pragma once

#include "nsm-device/cbor/cbor_item.hpp"
#include "nsm-device/core/nsm_protocol.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace nitroscope::nsm {

struct Request {
    NsmRequestKind kind = NSM_REQUEST_UNKNOWN;
    std::uint16_t index = 0; // DescribePCR, ExtendPCR, LockPCR; the range of LockPCRs
    cbor::Bytes data;        // ExtendPCR
    std::optional<cbor::Bytes> userData, nonce, publicKey; // Attestation; absent and null are the same
    // Strings that came in pieces are put together here; the spans above point here or into the request's
    // bytes.
    std::array<std::byte, NSM_REQUEST_MAX> storage;

    Request() = default;
    Request(const Request &) = delete;
    Request &operator=(const Request &) = delete;
};

// Decodes what serde's decoder accepts: integers of any width, names as text, byte string or variant number,
// keys in any order or fields as an array, definite and indefinite containers, unknown keys passed over, tags
// looked through. Returns NSM_SUCCESS, NSM_INVALID_OPERATION when the bytes do not even name a request, or
// NSM_INVALID_ARGUMENT when they do but the rest is wrong: missing, duplicate or mistyped fields, numbers
// beyond 16 bits, broken CBOR, bytes after the request. `bytes` must outlive `request` and be at most
// NSM_REQUEST_MAX long.
NsmError decodeRequest(cbor::Bytes bytes, Request &request);

} // namespace nitroscope::nsm
