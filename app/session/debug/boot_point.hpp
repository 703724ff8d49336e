// SPDX-License-Identifier: GPL-2.0-or-later
//
// Names of the boot points, for command lines, menus and `monitor stages`.
#pragma once

#include "app/session/target/debug_types.hpp"

namespace nitroscope::app {

struct BootPointName {
    BootPoint point;
    const char *word;  // on command lines: "start-kernel"
    const char *title; // "start_kernel"
};

const QVector<BootPointName> &bootPointNames();
std::optional<BootPoint> bootPointOf(const QString &word);
QString bootPointTitle(BootPoint point);

} // namespace nitroscope::app
