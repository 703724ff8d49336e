// SPDX-License-Identifier: GPL-2.0-or-later
//
// The digests by which a container image names its parts (OCI image-spec, descriptor.md, "Digests"): "sha256:" or "sha512:" and
// lower-case hex.

#pragma once

#include "app/core/result.hpp"

#include <QCryptographicHash>

namespace nitroscope::formats {

struct ContentDigest {
    QCryptographicHash::Algorithm algorithm;
    QByteArray value;
};

// Errors: "input" (another algorithm, or not of this form).
app::Result<ContentDigest> parseDigest(const QString &text);

} // namespace nitroscope::formats
