// SPDX-License-Identifier: GPL-2.0-or-later
//
// The certificate that the server shows: for the names under which clients ask for KMS in every region, under a root of this user's own. The root is
// made once and kept in one file (0600); clients trust its certificate. It has nothing to do with the root of attestation documents.
#pragma once

#include "app/core/result.hpp"

#include <QByteArray>
#include <QString>

namespace nitroscope::kms {

struct TlsIdentity {
    QByteArray rootPem;        // the certificate that clients must trust
    QByteArray certificatePem; // of the server, RSA-2048
    QByteArray keyPem;
};

// "$XDG_DATA_HOME/nitroscope/kms"
QString defaultKmsFolder();

// Makes the folder and the root when they are missing, and a new certificate for the server each time. Errors: "root-unusable" (broken, or
// open to others: left alone), "output", "crypto".
app::Result<TlsIdentity> tlsIdentity(const QString &folder, qint64 now);

} // namespace nitroscope::kms
