// SPDX-License-Identifier: GPL-2.0-or-later
//
// Which of the images of a layout or an archive is meant: by its name, and by the platform.

#pragma once

#include "app/core/result.hpp"

#include <QJsonObject>
#include <QStringList>
#include <vector>

namespace nitroscope::formats {

struct ImageCandidate {
    QStringList names; // As the layout or the archive has them; of the index that leads to it.
    QString top;       // What stands for it in the outermost list: a digest, or its number.
    QString os, architecture, variant;     // Empty when nothing says so.
    QJsonObject manifest = {}, image = {}; // The image is its configuration.
    QString imageDigest = {};              // Of the configuration.

    QString platform() const; // "linux/arm64/v8"
    QString title() const;    // For a list of which one may be chosen.
};

// `asked` as in ImageReference, `architecture` as Docker calls it; empty: amd64 or, without that, arm64. Errors:
// "input", with all that there are.
app::Result<ImageCandidate> chooseImage(const std::vector<ImageCandidate> &candidates, const QString &asked,
                                        const QString &architecture);

// Whether a manifest is that of an image, and not of a signature, an attestation or another artifact (OCI
// image-spec, "Guidelines for Artifact Usage"; cosign's have an image's configuration, but other layers).
bool isImageManifest(const QJsonObject &manifest);

} // namespace nitroscope::formats
