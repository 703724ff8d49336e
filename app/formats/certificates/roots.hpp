// SPDX-License-Identifier: GPL-2.0-or-later
//
// The roots that a verifier can pin: those of AWS's partitions, this computer's own, and whatever a file holds.

#pragma once

#include "app/core/result.hpp"

#include <QByteArray>
#include <QString>
#include <vector>

namespace nitroscope::formats::attestation {

struct TrustedRoot {
    QString name;      // "AWS Nitro Enclaves root G1"
    QByteArray sha256; // Of the DER, 32 bytes.
    QByteArray der;    // Empty when only the fingerprint is known.
};

// What people can name: the roots of AWS's partitions, and the one this user's own enclaves sign under.
TrustedRoot awsRoot();
TrustedRoot awsGovRoot();
// Error "no-local-root": the user has none yet, or it cannot be read.
app::Result<TrustedRoot> localRoot();
// "aws", "aws-gov", "local", or a file with certificates as PEM or one as DER. Errors: "no-local-root",
// "root-unreadable".
app::Result<std::vector<TrustedRoot>> trustedRoots(const QString &nameOrPath);

} // namespace nitroscope::formats::attestation
