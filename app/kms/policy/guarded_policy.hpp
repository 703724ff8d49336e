// SPDX-License-Identifier: GPL-2.0-or-later
//
// A key policy that lets only one enclave decrypt.
#pragma once

#include <map>
#include <QByteArray>
#include <QString>

namespace nitroscope::kms {

struct Guard {
    QString partition;                  // "aws"
    QString account;                    // 12 digits: whose root administers the key
    QString role;                       // ARN of the role that calls
    std::map<quint64, QByteArray> pcrs; // all of which must be in the document
};

// The root of the account may administer the key, but neither use it nor grant its use; the role may decrypt and generate data keys
// with an attestation document that has these PCRs.
QByteArray guardedPolicy(const Guard &guard);

// PCR3 of a role's ARN, PCR4 of an instance's id, as the machine measures them; zero for an empty text.
QByteArray textPcr(const QString &text);

} // namespace nitroscope::kms
