// SPDX-License-Identifier: GPL-2.0-or-later
//
// One NSM request with its answer as a plain record: numbers only, and where in the capture the bytes are.
// Texts are made from it when somebody looks.
#pragma once

#include "app/proto/pcapng/record.hpp"

namespace nitroscope::app {

struct NsmTransaction {
    static constexpr qint32 absent = pcapng::NsmRecord::none;

    quint64 id = 0; // 0 = not numbered
    qint64 hostNs = 0;
    qint64 virtualNs = -1;                         // guest's clock at the request; -1 = not known
    quint64 requestOffset = 0, responseOffset = 0; // of the CBOR in the capture
    quint32 requestBytes = 0, responseBytes = 0;   // of CBOR in the capture
    quint32 requestSize = 0, responseSize = 0;     // bytes it had
    quint64 durationNs = 0;                        // host time
    quint32 rule = 0;                              // fault or break that acted
    qint32 pcr = absent;                           // index; of LockPCRs the number of PCRs
    qint32 data = absent;                          // bytes of ExtendPCR's data or of user_data
    qint32 nonce = absent, publicKey = absent;     // bytes, of an attestation request
    quint8 kind = NSM_REQUEST_UNKNOWN;
    quint8 result = 0;
    pcapng::Verdict verdict = pcapng::Verdict::passed; // of the response
    bool hasRequest = false, hasResponse = false;

    bool isDropped() const { return hasResponse && verdict == pcapng::Verdict::dropped; }
    bool failed() const { return hasResponse && result != 0; }
    // Whether the request is about that PCR.
    bool concerns(int index) const;
};

// Takes what a request record says into `transaction`, and what a response record says.
void takeRequest(const pcapng::Record &record, const pcapng::NsmRecord &nsm, NsmTransaction &transaction);
void takeResponse(const pcapng::Record &record, const pcapng::NsmRecord &nsm, NsmTransaction &transaction);

// "PCR 16, 32 bytes", "nonce 32 bytes, user data 12 bytes".
QString argumentsText(const NsmTransaction &transaction);
// "answered with 312 bytes"; empty without an answer.
QString answerSizeText(const NsmTransaction &transaction);
// "Success", "ReadOnlyIndex", "no answer yet", "answer dropped".
QString resultText(const NsmTransaction &transaction);
// "4.31 ms", "812 µs", "17 ns".
QString durationText(quint64 nanoseconds);

} // namespace nitroscope::app
