// SPDX-License-Identifier: GPL-2.0-or-later
//
// Where kernels and QEMU are kept, as the scripts choose it (qemu-machine/overlay/steps.sh).
#pragma once

#include <QDir>
#include <QString>

namespace nitroscope::test {

using namespace Qt::Literals::StringLiterals;

inline QString cacheFolder() {
    const QString xdg = qEnvironmentVariable("XDG_CACHE_HOME");
    const QString base = xdg.isEmpty() ? QDir::homePath() + u"/.cache"_s : xdg;
    const QString chosen = qEnvironmentVariable("NITROSCOPE_CACHE");
    return chosen.isEmpty() ? base + u"/nitroscope"_s : chosen;
}

} // namespace nitroscope::test
