// SPDX-License-Identifier: GPL-2.0-or-later
//
// ECDSA signatures of COSE_Sign1 (RFC 9052 §4.4, RFC 9053 §2.1), on OpenSSL: the one table of algorithms and curves
// that EIFs and attestation documents are signed with, verifying and signing. A signature is r ‖ s, each big-endian
// and as long as the curve's field.

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

typedef struct evp_md_st EVP_MD;
typedef struct evp_pkey_st EVP_PKEY;

namespace nitroscope::launch {

inline constexpr int64_t coseEs384 = -35; // What the hardware signs documents with.

struct CoseAlgorithm {
    int64_t number;    // Of header parameter 1.
    const char *name;  // RFC 9053's.
    const char *curve; // That goes with it, by OpenSSL's name.
    int fieldBytes;    // Of that curve.
    const EVP_MD *(*digest)();
};

// nullptr for all that is not ES256, ES384 or ES512.
const CoseAlgorithm *coseAlgorithm(std::optional<int64_t> number);
// The one that goes with the key's curve; nullptr for other keys.
const CoseAlgorithm *coseAlgorithmFor(const EVP_PKEY *key);
// "ES384" for -35; "algorithm 5" for others, "none" when absent.
std::string coseAlgorithmText(std::optional<int64_t> number);

enum class CoseVerdict {
    good,
    wrong,            // Well formed, but not made by this key over these bytes.
    unknownAlgorithm, // Not ES256, ES384 or ES512.
    keyDoesNotFit,    // The key is not an elliptic curve key.
    badLength,        // The signature has not twice the length of the curve's field.
};

// Whether `signature` over these two byte strings was made with the key; `key` may be null.
CoseVerdict verifyCose(EVP_PKEY *key, std::optional<int64_t> algorithm,
                       std::span<const std::byte> protectedHeader, std::span<const std::byte> payload,
                       std::span<const std::byte> signature);

// With the algorithm of the key's curve; empty when OpenSSL fails.
std::vector<std::byte> signCose(EVP_PKEY *key, std::span<const std::byte> protectedHeader,
                                std::span<const std::byte> payload);

} // namespace nitroscope::launch
