// SPDX-License-Identifier: GPL-2.0-or-later
//
// `kms policy EIF`: a key policy that lets only this image decrypt, or only images of its signer under one role.
#include "app/cli/kit/arguments.hpp"
#include "app/cli/kit/console_output.hpp"
#include "app/cli/kit/exit_code.hpp"
#include "app/cli/kit/inputs.hpp"
#include "app/cli/kms/kms_commands.hpp"
#include "app/kms/policy/guarded_policy.hpp"

namespace nitroscope::cli {

using namespace Qt::Literals::StringLiterals;

namespace {

struct Options {
    std::string eif, role = defaultRole;
    bool bySigner = false;
    bool json = false;
};

int fail(const QString &why) {
    say(why);
    return refused;
}

int writePolicy(const Options &options) {
    const auto role = kms::parsePrincipal(textOf(options.role));
    if (!role || role->roleArn.isEmpty())
        return fail(u"--role takes a role's ARN, such as arn:aws:iam::111122223333:role/NAME."_s);
    const auto measured = pcrsOfEif(pathOf(options.eif));
    if (!measured)
        return fail(measured.error().text());
    kms::Guard guard{role->partition, role->account, role->roleArn, {}};
    if (!options.bySigner) {
        guard.pcrs.emplace(0, measured->at(0));
    } else if (const auto signer = measured->find(8); signer == measured->end()) {
        return fail(
            u"The image is not signed, so that it has no PCR8; sign it (sign-eif), or leave out --by-signer."_s);
    } else {
        guard.pcrs.emplace(3, kms::textPcr(role->roleArn));
        guard.pcrs.emplace(8, signer->second);
    }
    if (options.role == defaultRole)
        say(u"The policy names the role %1; give yours with --role."_s.arg(role->roleArn));
    return printJson(kms::guardedPolicy(guard));
}

} // namespace

void addKmsPolicy(CLI::App &group, int &code) {
    CLI::App *command =
        group.add_subcommand("policy", "Write a key policy that lets only this image decrypt (PCR0)");
    auto options = std::make_shared<Options>();
    command->add_option("eif", options->eif, "EIF")->required()->type_name("FILE");
    command->add_option("--role", options->role, "Role that calls KMS, as which the parent instance runs")
        ->type_name("ARN");
    command->add_flag("--by-signer", options->bySigner,
                      "Let all images of the same signer decrypt under that role (PCR8 and PCR3)");
    command->add_flag("--json", options->json, "Policies are JSON anyway; taken for scripts");
    command->callback([options, &code] { code = writePolicy(*options); });
}

} // namespace nitroscope::cli
