// SPDX-License-Identifier: GPL-2.0-or-later
//
// An ELF file as a process has it in its memory, found from an address of its code alone: its header is in
// the first page that it is mapped with, somewhere below. No structures of the kernel are needed. Foreign
// memory: a header counts only when one of its segments has the address, and the search has an end.
#pragma once

#include "app/session/unwind/debug_symbols.hpp"
#include "app/session/unwind/unwinder.hpp"

namespace nitroscope::app {

struct UserImage {
    quint64 bias = 0;   // runtime minus linked address
    QByteArray buildId; // empty when it has none in its first page
};

// Nothing when the header's page is not in memory: programs are read in when they are used.
std::optional<UserImage> findUserImage(quint64 pc, const ReadGuest &read);

enum class CodeMatch { same, other, notInMemory };
// Whether memory around `pc` is the program's code there. Breakpoints in it do not count.
CodeMatch matchCode(const arch::Architecture &architecture, const LoadedProgram &loaded, quint64 pc,
                    const ReadGuest &read);

} // namespace nitroscope::app
