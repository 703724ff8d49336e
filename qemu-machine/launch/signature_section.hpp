// SPDX-License-Identifier: GPL-2.0-or-later
//
// Decodes the signature section of an EIF: a CBOR array of {"signing_certificate", "signature"} whose two
// values are arrays of small integers, not byte strings, because AWS's builder writes Rust byte vectors that
// way. The certificate is PEM text, the signature a COSE_Sign1 (RFC 9052 §4.2) over {"register_index",
// "register_value"}. Foreign bytes: the result is what could be decoded plus the first fault with its offset.
// Whether the signature is right is signature_check.hpp's business.
//
// A byte of the COSE structure takes one or two bytes of the file, so each keeps the offset it came from.

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace nitroscope::launch {

// Bytes of the file.
struct FileRange {
    uint64_t offset = 0;
    uint64_t length = 0;
};

// First thing wrong; the sentence ends with a full stop.
struct SignatureFault {
    uint64_t offset = 0;
    std::string sentence;
};

// A byte vector that the file holds as a CBOR array of integers.
struct IntegerBytes {
    std::vector<std::byte> bytes;
    std::vector<uint64_t> offsets; // File offset of each byte's CBOR item, and one more: the end of the last.
    FileRange range;               // The whole CBOR array.

    bool isPresent() const { return range.length > 0; }
    // File bytes of a part of the vector.
    FileRange rangeOf(size_t first, size_t count) const;
};

struct CoseSign1 {
    bool isTagged = false;            // Tag 18; AWS writes none, both are legal.
    std::optional<int64_t> algorithm; // Protected header 1: -7 ES256, -35 ES384, -36 ES512.
    std::vector<std::byte> protectedHeader, payload, signature; // Contents of the three byte strings.
    FileRange protectedRange, payloadRange, signatureRange;     // With their CBOR heads.
};

// What is signed.
struct SignedRegister {
    std::optional<uint64_t> index;
    std::vector<std::byte> value;
};

struct SignatureEntry {
    FileRange range;          // The CBOR map.
    IntegerBytes certificate; // PEM text.
    IntegerBytes cose;
    std::optional<CoseSign1> sign1;
    std::optional<SignedRegister> signedRegister;
};

struct SignatureSection {
    // The platform uses only the first.
    std::vector<SignatureEntry> entries;
    std::optional<SignatureFault> fault;
};

// `fileOffset` is where `data` starts in the EIF.
SignatureSection decodeSignatureSection(std::span<const std::byte> data, uint64_t fileOffset);

// Decodes one COSE_Sign1; `place` tells where its bytes are in the file.
std::optional<SignatureFault> decodeCoseSign1(const IntegerBytes &place, CoseSign1 &out);

// Decodes the signed payload.
std::optional<SignatureFault> decodeSignedRegister(const CoseSign1 &sign1, SignedRegister &out);

} // namespace nitroscope::launch
