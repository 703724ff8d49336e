// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/cli/kit/arguments.hpp"
#include "app/cli/kit/inputs.hpp"
#include "app/cli/kms/kms_commands.hpp"
#include "app/cli/kms/kms_start.hpp"

namespace nitroscope::cli {

app::Result<kms::NamedPolicy> readPolicy(const std::string &path) {
    const QString file = pathOf(path);
    const auto json = readWholeOf(file, kms::maxPolicyBytes);
    if (!json)
        return tl::unexpected(json.error());
    return kms::policyOfFile(file, *json);
}

void addKms(CLI::App &parser, int &code) {
    CLI::App *group = parser.add_subcommand("kms", "Key policies, and what KMS answers to an enclave");
    group->require_subcommand(1);
    addKmsSimulate(*group, code);
    addKmsLint(*group, code);
    addKmsPolicy(*group, code);
    addKmsShow(*group, code);
    addKmsUnwrap(*group, code);
    addKmsServe(*group, code);
    addKmsCa(*group, code);
    addKmsTrust(*group, code);
}

} // namespace nitroscope::cli
