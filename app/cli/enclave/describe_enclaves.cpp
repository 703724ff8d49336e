// SPDX-License-Identifier: GPL-2.0-or-later
//
// `describe-enclaves`: the running enclaves as nitro-cli lists them; with --all also those that have ended.
#include "app/cli/enclave/enclave_json.hpp"
#include "app/cli/kit/arguments.hpp"
#include "app/cli/kit/console_output.hpp"
#include "app/cli/kit/exit_code.hpp"
#include "app/cli/kit/nitro_error.hpp"

namespace nitroscope::cli {

using namespace Qt::Literals::StringLiterals;
namespace {

struct Wanted {
    bool ended = false, metadata = false;
};

// The image, when its metadata are wanted and nitro-cli would print them; what is wrong with them is said.
std::optional<formats::EifDocument> imageOf(const app::EnclaveRecord &record, const Wanted &wanted,
                                            int &problems) {
    if (!wanted.metadata)
        return std::nullopt;
    const auto image = formats::EifDocument::open(record.eifPath);
    if (!image)
        return std::nullopt; // it need not be there any more
    auto problem = image->metadataProblem();
    if (!problem)
        return *image;
    problem->context = record.eifPath;
    fail(*problem, NitroError::eifParsing);
    ++problems;
    return std::nullopt;
}

int describe(const Wanted &wanted) {
    auto records = app::EnclaveRegistry().list();
    if (!records)
        return fail(records.error(), NitroError::fileOperation);
    int problems = 0;
    formats::JsonWriter json;
    json.beginArray();
    for (app::EnclaveRecord &record : *records) {
        if (!wanted.ended && !record.isRunning())
            continue;
        // Its process may still be at it; nitro-cli's says nothing before it has them.
        if (record.isRunning() && record.measurements.isEmpty())
            record.measurements = measureImage(record.eifPath).value_or(QJsonObject());
        const auto image = imageOf(record, wanted, problems);
        writeEnclave(json, record, EnclaveFields::describe, image ? &*image : nullptr);
    }
    json.endArray();
    const int code = printJson(json.text());
    if (code != ok || problems == 0)
        return code;
    return fail(NitroError::enclaveProcess,
                u"The metadata of %1 of the images cannot be printed."_s.arg(problems));
}

} // namespace

void addDescribeEnclaves(CLI::App &parser, int &code) {
    CLI::App *command = parser.add_subcommand("describe-enclaves", "List the running enclaves, as JSON");
    auto wanted = std::make_shared<Wanted>();
    command->add_flag("--all", wanted->ended, "Also those that have ended, with the reason");
    command->add_flag("--metadata", wanted->metadata, "Also each image's name, version and metadata");
    addJsonFlag(*command);
    command->callback([wanted, &code] { code = describe(*wanted); });
}

} // namespace nitroscope::cli
