// SPDX-License-Identifier: GPL-2.0-or-later
//
// `kms lint P`: what is wrong with a key policy, each finding with its place, reason and advice.
#include "app/cli/kit/arguments.hpp"
#include "app/cli/kit/console_output.hpp"
#include "app/cli/kit/finding_output.hpp"
#include "app/cli/kit/inputs.hpp"
#include "app/cli/kms/kms_commands.hpp"
#include "app/kms/lint/policy_lint.hpp"

namespace nitroscope::cli {

void addKmsLint(CLI::App &group, int &code) {
    struct Options {
        std::string file;
        bool json = false;
    };
    CLI::App *command =
        group.add_subcommand("lint", "Say what is wrong with a key policy, and what to do about it");
    auto options = std::make_shared<Options>();
    command->add_option("policy", options->file, "Key policy as JSON; - is standard input")
        ->required()
        ->type_name("FILE");
    command->add_flag("--json", options->json, "Print JSON");
    command->footer(
        "Exit codes: 0 no error (warnings and notes are possible), 1 errors, 2 the file cannot be read.");
    command->callback([options, &code] {
        const auto json = readWholeOf(pathOf(options->file), kms::maxPolicyBytes);
        if (!json) {
            say(json.error().text());
            code = unreadable;
            return;
        }
        code = printFindings(kms::lintPolicy(kms::parsePolicy(*json), *json), options->json);
    });
}

} // namespace nitroscope::cli
