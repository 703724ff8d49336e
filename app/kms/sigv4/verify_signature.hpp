// SPDX-License-Identifier: GPL-2.0-or-later
//
// Who sent a request: its signature against the identities that are known here, with the errors that AWS answers, and in words of ours
// why. A machine that stood at a breakpoint signs with a clock that stood as well; that is told apart from a wrong
// secret.
#pragma once

#include "app/core/result.hpp"
#include "app/kms/sigv4/canonical_request.hpp"

#include <functional>

namespace nitroscope::kms {

struct SigningKey {
    QByteArray accessKeyId, secret, sessionToken; // no token: long-term credentials
    std::optional<qint64> expires;                // Unix seconds
};

struct SignatureCheck {
    // AWS's answer; empty when the signature is good.
    QString errorType, message;
    QString explanation; // ours; may be empty
    QByteArray accessKeyId, region;
    std::optional<qint64> skewSeconds; // how far the signer's clock is behind ours; negative: ahead

    bool isGood() const { return errorType.isEmpty(); }
};

inline constexpr qint64 maxSkewSeconds = 300;

// nullptr for an access key that nobody has.
using SigningKeys = std::function<const SigningKey *(const QByteArray &accessKeyId)>;

// `now`: Unix seconds.
SignatureCheck verifySignature(const HttpRequest &request, const SigningKeys &keys, qint64 now);
// Reads who claims to have signed, and does not believe it: for a server that takes any signature.
SignatureCheck claimedSignature(const HttpRequest &request);

} // namespace nitroscope::kms
