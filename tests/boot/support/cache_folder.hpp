// SPDX-License-Identifier: GPL-2.0-or-later
//
// Where kernels and QEMU are kept, as the scripts choose it (qemu-machine/overlay/steps.sh).
#pragma once

#include <QDir>
#include <QString>

namespace nitroscope::test {

inline QString cacheFolder() {
    const QString xdg = qEnvironmentVariable("XDG_CACHE_HOME");
    const QString base = xdg.isEmpty() ? QDir::homePath() + QStringLiteral("/.cache") : xdg;
    const QString chosen = qEnvironmentVariable("NITROSCOPE_CACHE");
    return chosen.isEmpty() ? base + QStringLiteral("/nitroscope") : chosen;
}

} // namespace nitroscope::test
