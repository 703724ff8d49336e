// SPDX-License-Identifier: GPL-2.0-or-later
//
// `eif lint F`: what will go wrong with an EIF, each finding with severity, place, reason and advice.
#include "app/cli/eif/eif_commands.hpp"
#include "app/cli/kit/arguments.hpp"
#include "app/cli/kit/console_output.hpp"
#include "app/cli/kit/exit_code.hpp"
#include "app/cli/kit/finding_output.hpp"
#include "app/cli/kit/signal_watch.hpp"
#include "app/formats/lint/lint.hpp"

namespace nitroscope::cli {
namespace {

using namespace formats;

struct Options {
    std::string file;
    bool json = false;
    LimitOptions limits;
};

int lint(const Options &options) {
    const auto document = EifDocument::open(pathOf(options.file));
    if (!document) {
        say(document.error().text());
        return unreadable;
    }
    const SignalWatch signalWatch([](int) {});
    std::stop_source stop;
    const auto findings = lintEif(*document, {.limits = options.limits.limits(stop)});
    if (const int signal = SignalWatch::received())
        return bySignal + signal;
    if (!findings) {
        say(findings.error().text());
        return unreadable;
    }
    return printFindings(*findings, options.json);
}

} // namespace

void addEifLint(CLI::App &group, int &code) {
    CLI::App *command =
        group.add_subcommand("lint", "Say what will go wrong with an EIF, and what to do about it");
    auto options = std::make_shared<Options>();
    command->add_option("eif", options->file, "EIF")->required()->type_name("FILE");
    command->add_flag("--json", options->json, "Print JSON");
    options->limits.addTo(*command);
    command->footer(
        "Exit codes: 0 no error (warnings and notes are possible), 1 errors, 2 the file cannot be read, or not all of it "
        "within the limits.");
    command->callback([options, &code] { code = lint(*options); });
}

} // namespace nitroscope::cli
