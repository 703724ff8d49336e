// SPDX-License-Identifier: GPL-2.0-or-later
//
// One timed run of a QEMU command line: when each marker line appears on the serial console (its standard
// output) and how much memory the process held at its peak. Used by the benchmarks, which always run a
// reference beside it.

#pragma once

#include <optional>
#include <string>
#include <vector>

namespace nitroscope::bench {

struct GuestRun {
    std::vector<std::optional<double>>
        markerSeconds; // per marker, from process start; empty when it never came
    long peakKiB = 0;  // ru_maxrss: shared file mappings count too
    std::string tail;  // the console's last lines, for error messages
};

// Starts `command`, waits until the last marker was seen or `timeoutSeconds` passed, then ends it, and waits for that. The
// markers are looked for in the console's bytes in any order.
GuestRun runGuest(const std::vector<std::string> &command, const std::vector<std::string> &markers,
                  double timeoutSeconds);

} // namespace nitroscope::bench
