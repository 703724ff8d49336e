// SPDX-License-Identifier: GPL-2.0-or-later
//
// The group `eif` and what its commands share.
#include "app/cli/eif/eif_commands.hpp"

#include "app/cli/kit/arguments.hpp"
#include "app/cli/kit/signal_watch.hpp"

#include <CLI/Validators.hpp>

namespace nitroscope::cli {

void LimitOptions::addTo(CLI::App &command) {
    command
        .add_option("--max-unpacked", unpacked,
                    "Most bytes to unpack from one ramdisk or kernel, such as 16GiB [4GiB]: protects against "
                    "files made to fill memory and disk")
        ->transform(CLI::AsSizeValue(false))
        ->type_name("SIZE");
    command.add_option("--max-entries", entries, "Most files of one ramdisk [2000000]")->type_name("NUMBER");
}

formats::RamdiskLimits LimitOptions::limits(std::stop_source &stop) const {
    formats::RamdiskLimits limits;
    limits.unpack.outputBytes = unpacked;
    limits.unpack.stop = stop.get_token();
    limits.unpack.progress = [&stop](quint64, quint64) {
        if (SignalWatch::received())
            stop.request_stop();
    };
    limits.entries = entries;
    return limits;
}

void addEif(CLI::App &parser, int &code) {
    CLI::App *group = parser.add_subcommand("eif", "Inspect an EIF: ls, extract, diff, lint");
    group->require_subcommand(1);
    addEifLs(*group, code);
    addEifExtract(*group, code);
    addEifDiff(*group, code);
    addEifLint(*group, code);
}

} // namespace nitroscope::cli
