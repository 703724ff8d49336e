// SPDX-License-Identifier: GPL-2.0-or-later
//
// `capture show FILE [--json] [--filter EXPRESSION]`: see capture_command.hpp.
#include "app/cli/arguments.hpp"
#include "app/cli/capture_command.hpp"
#include "app/proto/pcapng/record_filter.hpp"

#include <cstdio>

namespace nitroscope::cli {

void addCapture(CLI::App &parser, int &code) {
    CLI::App *command = parser.add_subcommand("capture", "Look into the capture stream of an enclave");
    command->require_subcommand(1);
    CLI::App *show = command->add_subcommand("show", "List the records of a stream, one per line");
    struct Options {
        std::string path, filter;
        bool json = false;
    };
    auto options = std::make_shared<Options>();
    show->add_option("FILE", options->path,
                     "pcapng file or pipe, as run-enclave --capture writes it; - is standard input")
        ->required();
    show->add_flag("--json", options->json, "One JSON object per line");
    show->add_option("--filter", options->filter, "Show only what matches")->type_name("EXPRESSION");
    show->footer(pcapng::RecordFilter::help().toStdString());
    show->callback([options, &code] {
        using Format = ShowCaptureOptions::Format;
        QTextStream out(stdout), err(stderr);
        code = showCapture(
            {pathOf(options->path), textOf(options->filter), options->json ? Format::json : Format::text},
            out, err);
    });
}

} // namespace nitroscope::cli
