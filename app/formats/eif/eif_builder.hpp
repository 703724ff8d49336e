// SPDX-License-Identifier: GPL-2.0-or-later
//
// Writes an EIF (version 4) from its parts, byte for byte as nitro-cli does: kernel, command line, metadata,
// ramdisks, in this order. The same input gives the same bytes when SOURCE_DATE_EPOCH fixes the build time;
// the PCRs never depend on it. Streams: memory does not grow with the image. The output appears under its
// name only when it is complete.

#pragma once

#include "app/core/result.hpp"
#include "app/formats/eif/eif_document.hpp"
#include "app/formats/kernel/image_architecture.hpp"

#include <QDateTime>
#include <QJsonValue>
#include <QString>
#include <QStringList>
#include <stop_token>

namespace nitroscope::formats {

// Content of the metadata section (image-format README, "Metadata section"). Empty fields get nitro-cli's
// defaults.
struct EifIdentity {
    QString imageName = {};         // Default: the output file's name without its suffix.
    QString imageVersion = {};      // Default: "1.0".
    QString buildTool = {};         // Default: "nitroscope-cli".
    QString buildToolVersion = {};  // Default: this program's version.
    QString operatingSystem = {};   // Default: "Linux".
    QString kernelVersion = {};     // Default: read from the kernel itself, else "unknown".
    QJsonValue dockerInfo = {};     // `docker inspect` object or null.
    QByteArray customMetadata = {}; // Any JSON, at most 4096 bytes when written; empty is null.
};

struct EifRecipe {
    QString kernelPath = {};
    QString commandLine = {};      // Taken as it is; line breaks at its end are removed, as nitro-cli does.
    QStringList ramdiskPaths = {}; // At least one.
    EifIdentity identity;
    using Architecture = ImageArchitecture;
    Architecture architecture = Architecture::x86_64;
    // Build time in the metadata. Default: SOURCE_DATE_EPOCH of the environment, else now.
    std::optional<QDateTime> buildTime = {};
};

// Builds, then measures what was written. Errors: "input" (a part is missing or unreadable), "recipe"
// (nothing to build from, too many ramdisks, too much metadata), "output" (cannot write), "cancelled". After
// an error the output file is as it was before, except that cancelling during the measuring leaves the new,
// complete one.
app::Result<EifMeasurements> buildEif(const EifRecipe &recipe, const QString &outputPath,
                                      std::stop_token stop = {}, const EifDocument::Progress &progress = {});

} // namespace nitroscope::formats
