// SPDX-License-Identifier: GPL-2.0-or-later
//
// `describe-enclaves`: the running enclaves as nitro-cli lists them; with --all also those that have ended.
#include "app/cli/enclave/enclave_json.hpp"
#include "app/cli/kit/arguments.hpp"
#include "app/cli/kit/console_output.hpp"
#include "app/cli/kit/exit_code.hpp"
#include "app/cli/kit/nitro_error.hpp"

namespace nitroscope::cli {
namespace {

int describe(bool withEnded, bool withMetadata) {
    const auto records = app::EnclaveRegistry().list();
    if (!records)
        return fail(records.error(), NitroError::fileOperation);
    formats::JsonWriter json;
    json.beginArray();
    for (const app::EnclaveRecord &record : *records)
        if (withEnded || record.isRunning())
            writeEnclave(json, record,
                         withMetadata ? EnclaveFields::describeWithMetadata : EnclaveFields::describe);
    json.endArray();
    return printJson(json.text());
}

} // namespace

void addDescribeEnclaves(CLI::App &parser, int &code) {
    CLI::App *command = parser.add_subcommand("describe-enclaves", "List the running enclaves, as JSON");
    auto all = std::make_shared<bool>(false);
    command->add_flag("--all", *all, "Also those that have ended, with the reason");
    auto metadata = std::make_shared<bool>(false);
    command->add_flag("--metadata", *metadata, "Also each image's name, version and metadata");
    addJsonFlag(*command);
    command->callback([all, metadata, &code] { code = describe(*all, *metadata); });
}

} // namespace nitroscope::cli
