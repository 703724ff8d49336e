// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a stub can be asked to stop at, and who asks for it.
#pragma once

#include <compare>
#include <QtGlobal>

namespace nitroscope::app {

struct Breakpoint {
    int type = 0; // of the Z packet: 0 software, 1 hardware, 2 write, 3 read, 4 access
    quint64 address = 0;
    quint64 length = 1; // "kind" of types 0 and 1, bytes of watchpoints

    bool isCode() const { return type <= 1; }
    bool isCodeAt(quint64 place) const { return isCode() && address == place; }
    bool isWatching(quint64 place) const { return !isCode() && place - address < length; }

    // NOLINTNEXTLINE(modernize-use-nullptr): clang-tidy 14 sees a pointer in the defaulted comparison
    auto operator<=>(const Breakpoint &) const = default;
};

// Who wants a breakpoint: a party (the window, one gdb), and which part of it (one of the user's breakpoints,
// the way of a boot). Both are addresses that are only compared.
struct BreakpointOwner {
    BreakpointOwner(const void *theParty, const void *thePart = nullptr)
        : party(quintptr(theParty)), part(quintptr(thePart)) {}

    quintptr party, part;

    // NOLINTNEXTLINE(modernize-use-nullptr): clang-tidy 14 sees a pointer in the defaulted comparison
    auto operator<=>(const BreakpointOwner &) const = default;
};

} // namespace nitroscope::app
