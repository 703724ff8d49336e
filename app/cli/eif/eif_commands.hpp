// SPDX-License-Identifier: GPL-2.0-or-later
//
// The commands below `eif`: ls, extract, diff, lint. All take limits against hostile archives, all have
// --json, whose shape docs/cli-json.md describes. Ctrl-C ends them between two pieces of work.
#pragma once

#include "app/cli/kit/exit_code.hpp"
#include "app/formats/ramdisk/ramdisk.hpp"

#include <CLI/App.hpp>
#include <memory>
#include <QString>
#include <string>

namespace nitroscope::cli {

// --max-unpacked and --max-entries.
struct LimitOptions {
    uint64_t unpacked = formats::UnpackLimits::defaultOutput; // bytes
    uint64_t entries = formats::RamdiskLimits().entries;

    void addTo(CLI::App &command);
    // `stop` is asked to stop when a signal came; it must live as long as the limits.
    formats::RamdiskLimits limits(std::stop_source &stop) const;
};

void addEifLs(CLI::App &group, int &code);
void addEifExtract(CLI::App &group, int &code);
void addEifDiff(CLI::App &group, int &code);
void addEifLint(CLI::App &group, int &code);

} // namespace nitroscope::cli
