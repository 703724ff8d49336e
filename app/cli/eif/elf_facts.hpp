// SPDX-License-Identifier: GPL-2.0-or-later
//
// What of a program file decides whether LD_PRELOAD, or a supervisor, reaches it. Follows the interpreter line of scripts once.
#pragma once

#include <QString>

namespace nitroscope::cli {

struct ElfFacts {
    bool isElf = false;
    bool isStatic = false;            // no program interpreter: nothing loads libraries
    bool isGo = false;                // has Go's build information
    bool isMusl = false;              // another C library than the one that what is preloaded was made for
    bool isOtherArchitecture = false; // than this program's own, 32 bits included
    bool changesRights = false;       // set-user-id or set-group-id
};

// All false for what cannot be read.
ElfFacts examineElf(const QString &path);

} // namespace nitroscope::cli
