// SPDX-License-Identifier: GPL-2.0-or-later
//
// Searching all of a guest's RAM piece by piece, holes of the file left out.
#pragma once

#include "app/formats/guest/physical_memory.hpp"

#include <functional>

namespace nitroscope::app {

// Calls `look` with stretches of RAM and their physical address, in order; each begins with the last
// `overlap` bytes of the one before where they adjoin. Ends early when `look` returns false.
void searchRam(const guest::PhysicalMemory &memory, qsizetype overlap,
               const std::function<bool(quint64 address, QByteArrayView bytes)> &look);

} // namespace nitroscope::app
