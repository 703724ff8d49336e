// SPDX-License-Identifier: GPL-2.0-or-later
//
// An attestation document in JSON: the answer of a web service, a KMS request with its Recipient, a serialised buffer.

#pragma once

#include "app/core/result.hpp"

#include <functional>
#include <optional>
#include <QByteArray>
#include <QString>

namespace nitroscope::formats::attestation {

struct JsonField {
    QString path; // "Recipient.AttestationDocument", "items[2]"; empty for the outermost value
    QByteArray bytes;
};

// `decode` makes bytes of a text, or nothing. The first field that gives a document, one with "attestation" or "document" in its name before
// others. Nothing when the text is no JSON object or array, or holds none; then `seen` says what it holds.
std::optional<JsonField>
documentInJson(const QByteArray &text,
               const std::function<std::optional<QByteArray>(const QByteArray &)> &decode, QString &seen);

} // namespace nitroscope::formats::attestation
