// SPDX-License-Identifier: GPL-2.0-or-later
//
// The attestation document of a call, as KMS looks at it: verified as any other (formats/attestation), under the roots that are trusted here; its
// PCRs become condition keys only when it is valid.
#pragma once

#include "app/formats/attestation/verify.hpp"
#include "app/kms/policy/request.hpp"

namespace nitroscope::kms {

// How old a document may be. AWS does not say; five minutes is what others have seen.
inline constexpr qint64 usualMaxAgeSeconds = 300;

// Sets what the call's policies can ask of the document.
void setDocument(Request &request, const formats::attestation::Document &document,
                 const formats::attestation::VerifyOptions &options);

// What a document of an image would bring: its PCR 0 to 2 and 8, those of role and instance; in debug mode the image's are zero.
struct ExpectedEnclave {
    std::map<quint64, QByteArray> imagePcrs;
    QString role, instance; // empty: the machine was started without
    bool isDebug = false;
};
void setExpectedEnclave(Request &request, const ExpectedEnclave &enclave);

} // namespace nitroscope::kms
