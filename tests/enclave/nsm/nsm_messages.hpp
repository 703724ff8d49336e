// SPDX-License-Identifier: GPL-2.0-or-later
//
// The guest's side of the NSM wire format: requests encoded and responses decoded as AWS's NSM API library
// does it (CBOR, serde's externally tagged enums: a unit variant is a text string, any other a map of one
// entry named after the variant). Responses are decoded independently of their key order and of definite or
// indefinite lengths. Names and sizes are spelled out here once more, and not taken from the device's
// nsm_protocol.h, on purpose: this side checks that one.
#pragma once

#include "nsm-device/cbor/cbor.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

namespace nitroscope::demo {

// Why a request failed, in words: the NSM's own error name, or what was wrong with the answer.
template <class T>
using NsmResult = tl::expected<T, std::string>;

// A SHA-384 register.
using PcrValue = std::array<std::byte, 48>;

struct NsmDescription {
    uint64_t versionMajor = 0, versionMinor = 0, versionPatch = 0;
    uint64_t maxPcrs = 0;
    std::string moduleId, digest;
    std::vector<uint64_t> lockedPcrs;
};

struct PcrState {
    bool locked = false;
    PcrValue value{};
};

using NsmRequest = std::vector<std::byte>;

NsmRequest encodeDescribe();
NsmRequest encodeGetRandom();
NsmRequest encodeDescribePcr(uint16_t index);
NsmRequest encodeExtendPcr(uint16_t index, cbor::Bytes data);
NsmRequest encodeLockPcr(uint16_t index);
NsmRequest encodeLockPcrs(uint16_t range);
// Empty fields are left out, as null.
NsmRequest encodeAttestation(cbor::Bytes userData, cbor::Bytes nonce, cbor::Bytes publicKey);

NsmResult<NsmDescription> decodeDescribe(cbor::Bytes response);
NsmResult<std::vector<std::byte>> decodeGetRandom(cbor::Bytes response);
NsmResult<PcrState> decodeDescribePcr(cbor::Bytes response);
NsmResult<PcrValue> decodeExtendPcr(cbor::Bytes response);
// LockPCR and LockPCRs answer with their bare name.
NsmResult<void> decodeDone(cbor::Bytes response, std::string_view variant);
NsmResult<std::vector<std::byte>> decodeAttestation(cbor::Bytes response);
// The name of an Error response; empty for any other.
std::string errorName(cbor::Bytes response);

} // namespace nitroscope::demo
