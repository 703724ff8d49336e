// SPDX-License-Identifier: GPL-2.0-or-later
//
// A call of the KMS beside the enclave as a record of the machine interface, kind "kms-call" (docs/capture-format.md). The app makes it, not
// QEMU. No key, plaintext or ciphertext is ever in it.
#pragma once

#include "app/proto/pcapng/record.hpp"

namespace nitroscope::pcapng {

inline constexpr auto kmsCallKind = "kms-call";

struct KmsCall {
    QString id;                 // x-amzn-RequestId
    QString operation;          // "Decrypt"
    QString principal, keyArn;  // empty: nobody known, no key
    QString errorType, message; // empty when it succeeded
    QString explanation;        // the decision, in lines
    QByteArray policy;          // of the key, as it was then
    QByteArray document;        // attestation document that came with it

    bool isGood() const { return errorType.isEmpty(); }
    bool operator==(const KmsCall &) const = default;
};

// Longer texts are cut there: bytes of UTF-8.
inline constexpr qsizetype maxKmsCallText = 64 * 1024;

QByteArray encodeKmsCall(const KmsCall &call);
// Nothing when the record is of another kind.
std::optional<KmsCall> kmsCallOf(const Record &record);

// "Decrypt by arn:aws:… → AccessDeniedException", in one line.
QString kmsCallText(const KmsCall &call);

} // namespace nitroscope::pcapng
