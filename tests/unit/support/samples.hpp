// SPDX-License-Identifier: GPL-2.0-or-later
//
// Where the shared sample files are: NITROSCOPE_SAMPLES, else ../shared/samples beside the checkout. They are
// not part of the project, so tests that want them skip visibly when they are missing.

#pragma once

#include <optional>
#include <QDir>
#include <QString>

namespace nitroscope::test {

// The samples folder, or nothing where this checkout has none.
inline std::optional<QDir> samplesDir() {
    const QString named = qEnvironmentVariable("NITROSCOPE_SAMPLES");
    const QDir dir(named.isEmpty() ? QStringLiteral(NITROSCOPE_SOURCE_DIR "/../shared/samples") : named);
    return dir.exists() ? std::optional(dir) : std::nullopt;
}

} // namespace nitroscope::test

// Skips the running test with the reason in plain words when the samples are missing.
#define NITROSCOPE_REQUIRE_SAMPLES(dir)                                                                      \
    const auto dir = nitroscope::test::samplesDir();                                                         \
    if (!dir)                                                                                                \
    QSKIP("shared samples not found (set NITROSCOPE_SAMPLES to their folder)")
