// SPDX-License-Identifier: GPL-2.0-or-later
//
// The root certificate under which the local NSM signs attestation documents, as people and programs want to
// see it. The file and its rules are those of nsm-device/pki/authority.hpp; the private key never leaves
// that code.
#pragma once

#include "app/core/result.hpp"

#include <QByteArray>
#include <QDateTime>
#include <QString>

namespace nitroscope::formats {

struct LocalRoot {
    QString file;                  // where key and certificate are kept
    QString subject;               // "C=US, O=Amazon, OU=AWS, CN=aws.nitro-enclaves"
    QString serial;                // hexadecimal
    QDateTime notBefore, notAfter; // UTC
    QString fingerprint;           // SHA-256 of the DER, hexadecimal, lower case
    QByteArray pem;                // of the certificate alone
};

enum class MissingRoot { isAnError, isCreated };

// The user's folder for it, where a machine without `pki-directory` looks too.
QString defaultRootFolder();
// An empty folder means the default one. Codes: "root-missing", "root-unusable".
app::Result<LocalRoot> readLocalRoot(const QString &folder, MissingRoot missing);
// Puts a new root in the old one's place.
app::Result<LocalRoot> renewLocalRoot(const QString &folder);

} // namespace nitroscope::formats
