// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/cli/enclave/enclave_choice.hpp"

#include "app/cli/kit/arguments.hpp"

namespace nitroscope::cli {

using namespace Qt::Literals::StringLiterals;

void addEnclaveChoice(CLI::App &command, EnclaveChoice &choice) {
    auto *id = command.add_option("--enclave-id", choice.id, "Its EnclaveID")->type_name("ID");
    command.add_option("--enclave-name", choice.name, "Its EnclaveName")->excludes(id)->type_name("NAME");
}

app::Result<app::EnclaveRecord> chooseEnclave(const EnclaveChoice &choice, ChooseFrom from) {
    if (choice.id.empty() && choice.name.empty())
        return app::failure(
            u"E01"_s, u"It is not said which enclave is meant: name it with --enclave-id or --enclave-name; "
                      "nitroscope-cli describe-enclaves lists them."_s);
    const QString id = textOf(choice.id), name = textOf(choice.name);
    const auto records = app::EnclaveRegistry().list();
    if (!records)
        return tl::unexpected(records.error());
    std::optional<app::EnclaveRecord> best;
    for (const app::EnclaveRecord &record : *records) {
        const bool isMeant = choice.id.empty() ? record.name == name : record.id == id;
        if (isMeant && (record.isRunning() || (from == ChooseFrom::all && !(best && best->isRunning()))))
            best = record;
    }
    if (best)
        return *best;
    return app::failure(
        // As nitro-cli: no socket of that enclave, or no enclave of that name.
        choice.id.empty() ? u"E58"_s : u"E11"_s,
        u"There is no %1enclave with the %2 \"%3\"; nitroscope-cli describe-enclaves%4 lists them."_s.arg(
            from == ChooseFrom::running ? u"running "_s : QString(), choice.id.empty() ? u"name"_s : u"id"_s,
            choice.id.empty() ? name : id, from == ChooseFrom::running ? QString() : u" --all"_s));
}

} // namespace nitroscope::cli
