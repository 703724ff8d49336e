// SPDX-License-Identifier: GPL-2.0-or-later
//
// `describe-enclaves`: the running enclaves as nitro-cli lists them; with --all also those that have ended.
#include "app/cli/arguments.hpp"
#include "app/cli/console_output.hpp"
#include "app/cli/enclave_json.hpp"
#include "app/cli/exit_code.hpp"

namespace nitroscope::cli {
namespace {

int describe(bool withEnded) {
    const auto records = app::EnclaveRegistry().list();
    if (!records) {
        say(records.error().text());
        return refused;
    }
    formats::JsonWriter json;
    json.beginArray();
    for (const app::EnclaveRecord &record : *records)
        if (withEnded || record.isRunning())
            writeEnclave(json, record, EnclaveFields::describe);
    json.endArray();
    return writeOutput(json.text()) == Written::all ? ok : refused;
}

} // namespace

void addDescribeEnclaves(CLI::App &parser, int &code) {
    CLI::App *command = parser.add_subcommand("describe-enclaves", "List the running enclaves, as JSON");
    auto all = std::make_shared<bool>(false);
    command->add_flag("--all", *all, "Also those that have ended, with the reason");
    command->callback([all, &code] { code = describe(*all); });
}

} // namespace nitroscope::cli
