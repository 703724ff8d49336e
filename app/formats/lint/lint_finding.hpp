// SPDX-License-Identifier: GPL-2.0-or-later
//
// What lint has to say of an EIF.

#pragma once

#include "app/formats/tree/node.hpp"

#include <array>
#include <QString>
#include <vector>

namespace nitroscope::formats {

struct LintFinding {
    QString rule;      // "init-dynamic"; stable.
    Severity severity; // error: it will not boot; warning: it will surprise or fails with some tool; note.
    QString where;     // "section 3: ramdisk 0", "/rootfs/bin/app", "header".
    QString why;
    QString advice;       // What to do.
    ByteRange range = {}; // Bytes of the EIF, when there are any.
};

// A hostile file has any number of findings, so the list is bounded, but the numbers are not: an error is
// counted, and listed before all warnings and notes, wherever it was found.
struct LintFindings {
    static constexpr size_t maxListed = 500;

    std::vector<LintFinding> listed;  // The worst first; equal ones in the order of the rules.
    std::array<qint64, 4> found = {}; // By severity, listed or not.

    bool isComplete = true; // False: a limit ended the reading, so there may be more.

    qint64 count(Severity severity) const { return found[static_cast<size_t>(severity)]; }
    qint64 unlisted() const;
};

} // namespace nitroscope::formats
