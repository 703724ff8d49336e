// SPDX-License-Identifier: GPL-2.0-or-later
//
// AWS Signature Version 4 (IAM user guide, "Signing AWS API requests"): what is signed, and the signature over it.
#pragma once

#include "app/kms/http/http_message.hpp"

#include <QList>

namespace nitroscope::kms {

// Of a credential: DATE/REGION/SERVICE/aws4_request.
struct CredentialScope {
    QByteArray date, region, service;
    QByteArray text() const { return date + '/' + region + '/' + service + "/aws4_request"; }
};

// The request over the headers of these names, lower case and in order. A header that is not there is an empty one.
QByteArray canonicalRequest(const HttpRequest &request, const QList<QByteArray> &signedHeaders);
// `time`: as X-Amz-Date has it, 20150830T123600Z.
QByteArray stringToSign(const QByteArray &canonicalRequest, const QByteArray &time,
                        const CredentialScope &scope);
// In hex.
QByteArray signature(const QByteArray &secret, const CredentialScope &scope, const QByteArray &stringToSign);

} // namespace nitroscope::kms
