// SPDX-License-Identifier: GPL-2.0-or-later
//
// Certificates of the shape that Nitro hardware presents: five levels, all P-384 signed with ECDSA and
// SHA-384, each level with its own subject, serial, extensions and lifetime. The shapes are those of
// documents published since mid-2024; only the CRL address differs (a name that cannot exist, since nobody
// publishes a CRL here).
#pragma once

#include "nsm-device/pki/openssl_ptr.hpp"

#include <cstdint>

namespace nitroscope::nsm {

enum class Level : std::uint8_t { root, regional, zonal, instance, leaf };

// Whom the lower levels are issued to.
struct Subject {
    std::string moduleId;             // "i-…-enc…"
    std::string region = "us-east-1"; // as EC2 writes it
};

// Half-open in spirit, inclusive in X.509: both ends are valid seconds.
struct Validity {
    std::int64_t notBefore = 0, notAfter = 0; // seconds since the epoch
};

struct Issued {
    CertPtr certificate;
    KeyPtr key;
    explicit operator bool() const { return certificate && key; }
};

// The validity that a certificate of this level has when it is issued at `now`. Upper levels are dated back,
// so that a chain made in one go is valid from its top down.
Validity usualValidity(Level level, std::int64_t now);
// How much of its life a certificate must still have to be used at all: room for one whole certificate of the
// level below it, half an hour for a leaf.
std::int64_t reserve(Level level);

// Makes a key and a certificate for it, signed by `issuer` (by itself for the root). Validity is cut to the
// issuer's. Empty on failure; see lastOpensslError().
Issued issue(Level level, const Subject &subject, Validity validity, const Issued *issuer);

} // namespace nitroscope::nsm
