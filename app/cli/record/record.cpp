// SPDX-License-Identifier: GPL-2.0-or-later
//
// `record EIF -o NAME`: run-enclave with its console here, and everything that happens kept.
#include "app/cli/enclave/run_options.hpp"
#include "app/cli/kit/arguments.hpp"
#include "app/cli/kit/exit_code.hpp"
#include "app/cli/kit/launch_options.hpp"

namespace nitroscope::cli {

void addRecord(CLI::App &parser, int &code) {
    CLI::App *command = parser.add_subcommand(
        "record", "Boot an EIF and record its life, to be replayed from any instruction");
    auto options = std::make_shared<RunOptions>();
    auto eif = std::make_shared<std::string>(), name = std::make_shared<std::string>();
    command->add_option("eif", *eif, "EIF to boot")->required()->type_name("EIF");
    command
        ->add_option("-o,--output", *name, "Folder of the recording, which is made; NAME.nitrorec is usual")
        ->required()
        ->type_name("NAME");
    addLaunchOptions(*command, app::inRunEnclave, options->spec);
    // Said above in another way, or no part of a recording.
    for (const char *other : {"--trace-system-calls", "--trace-first-calls", "--profile-period", "--profile",
                              "--coverage", "--capture", "--record", "--eif-path"})
        command->remove_option(command->get_option(other));
    addConsoleOptions(*command, *options);
    command->footer(exitCodeHelp);
    command->callback([options, eif, name, &code] {
        options->spec.eifPath = pathOf(*eif);
        options->spec.recordingPath = pathOf(*name);
        code = runAttached(*options);
    });
}

} // namespace nitroscope::cli
