// SPDX-License-Identifier: GPL-2.0-or-later
//
// `capture show FILE [--json] [--filter EXPRESSION]`, `capture export FILE --tcp OUT`: see
// capture_command.hpp.
#include "app/cli/capture/capture_command.hpp"
#include "app/cli/kit/arguments.hpp"
#include "app/cli/kit/console_output.hpp"
#include "app/proto/pcapng/record_filter.hpp"

namespace nitroscope::cli {

void addCapture(CLI::App &parser, int &code) {
    CLI::App *command = parser.add_subcommand("capture", "Inspect an enclave's capture stream");
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
    CLI::App *tcp = command->add_subcommand(
        "export", "Write the vsock flows as TCP connections, for Wireshark to follow and decode");
    struct ExportOptions {
        std::string path, tcp;
        bool json = false;
    };
    auto exporting = std::make_shared<ExportOptions>();
    tcp->add_option("FILE", exporting->path,
                    "pcapng file as run-enclave --capture writes it; - is standard input")
        ->required();
    tcp->add_option("--tcp", exporting->tcp, "pcapng file to write: raw IPv4, CID c is 10.a.b.c")
        ->type_name("OUT")
        ->required();
    tcp->add_flag("--json", exporting->json, "Say as JSON on standard output what was written");
    tcp->callback([exporting, &code] {
        using Format = ShowCaptureOptions::Format;
        code = exportCapture(
            {pathOf(exporting->path), pathOf(exporting->tcp), exporting->json ? Format::json : Format::text},
            {[](const QByteArray &text) { return printJson(text); }, say});
    });
    show->footer(pcapng::RecordFilter::help().toStdString());
    show->callback([options, &code] {
        using Format = ShowCaptureOptions::Format;
        const auto print = [json = options->json](const QByteArray &line) {
            return json ? printJson(line) : printText(line);
        };
        code = showCapture(
            {pathOf(options->path), textOf(options->filter), options->json ? Format::json : Format::text},
            {print, say});
    });
}

} // namespace nitroscope::cli
