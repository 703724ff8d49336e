// SPDX-License-Identifier: GPL-2.0-or-later
//
// Who calls, under which settings, and what it came to.
#pragma once

#include "app/formats/certificates/roots.hpp"
#include "app/kms/envelope/envelope.hpp"
#include "app/kms/policy/evaluate.hpp"
#include "app/kms/service/call_members.hpp"

#include <vector>

namespace nitroscope::kms {

struct Caller {
    Principal principal;
    std::vector<NamedPolicy> identityPolicies;
    QString sourceIp, userAgent;
};

struct ServiceSettings {
    std::vector<formats::attestation::TrustedRoot> roots;
    qint64 maxDocumentAge = 300; // seconds; 0: any
    EnvelopeForm form;
    bool wrongRecipientKey = false; // a fault to try clients with: envelopes are for somebody else's key
};

// What a call came to, for people and for detectors. Never a key or a plaintext.
struct CallRecord {
    QString id, operation, principal, keyArn;
    qint64 time = 0;            // Unix seconds
    QString errorType, message; // empty when it succeeded
    QString explanation;        // several lines: the decision and our own words
    QByteArray policy;          // of the key, as it was when the decision was made
    QByteArray document;        // attestation document that came with the call
    QByteArray cloudTrail;      // the event in one line of JSON

    bool isGood() const { return errorType.isEmpty(); }
};

struct CallAnswer {
    int status = 200;
    QByteArray body;
    CallRecord record;
};

} // namespace nitroscope::kms
