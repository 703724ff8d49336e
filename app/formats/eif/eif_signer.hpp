// SPDX-License-Identifier: GPL-2.0-or-later
//
// Signs an EIF as nitro-cli does (image_signing.md; image-format README, "Signature section"): COSE_Sign1
// over PCR0 with the key of a certificate that becomes part of the file and of PCR8. ECDSA signatures hold a
// random number: signing twice gives other bytes, but the same PCRs.

#pragma once

#include "app/core/result.hpp"
#include "app/formats/eif/eif_document.hpp"

#include <openssl/types.h>

namespace nitroscope::launch {
struct CoseAlgorithm;
}

namespace nitroscope::formats {

class EifSigner {
public:
    // PEM texts. Errors: "certificate", "key" (unreadable, encrypted, not P-256, P-384 or P-521),
    // "key-mismatch" (not the certificate's).
    static app::Result<EifSigner> fromPem(const QByteArray &certificate, const QByteArray &key);
    // From files; also "input".
    static app::Result<EifSigner> fromFiles(const QString &certificate, const QString &key);

    // The data of the signature section for a PCR0 of 48 bytes. Error: "crypto".
    app::Result<QByteArray> section(const QByteArray &pcr0) const;
    // The same from other code's digest of it: SHA384(48 zero bytes || SHA384(DER)).
    QByteArray pcr8() const;

private:
    EifSigner() = default;

    QByteArray m_pem; // As in the file: it becomes part of the section as it is.
    QByteArray m_pcr8;
    std::shared_ptr<EVP_PKEY> m_key;
    const launch::CoseAlgorithm *m_algorithm = nullptr; // Of the key; never null once it is made.
};

// PCR8 of a certificate in PEM. Error: "certificate".
app::Result<QByteArray> pcr8OfCertificate(const QByteArray &pem);

// Writes the image with this signature instead of the one it may have, with right sizes and CRC; `output`
// may be the document's own path. Errors: "refused" (the image cannot be measured or has version 2, which
// has no signatures), "output", "input", "cancelled", "crypto".
app::Result<EifMeasurements> signEif(const EifDocument &document, const EifSigner &signer,
                                     const QString &output, std::stop_token stop = {},
                                     const EifDocument::Progress &progress = {});

// Why the signing certificate does not hold today, in a sentence; empty when it does or there is none.
QString certificateDateProblem(const EifDocument &document);

} // namespace nitroscope::formats
