// SPDX-License-Identifier: GPL-2.0-or-later
//
// `kms simulate`: what KMS would decide over a call, and which statement, condition and value made it so.
#include "app/cli/kit/arguments.hpp"
#include "app/cli/kit/console_output.hpp"
#include "app/cli/kit/exit_code.hpp"
#include "app/cli/kit/inputs.hpp"
#include "app/cli/kms/kms_commands.hpp"
#include "app/kms/explain/report.hpp"
#include "app/kms/policy/actions.hpp"
#include "app/kms/recipient/recipient.hpp"

#include <QDateTime>

namespace nitroscope::cli {

using namespace Qt::Literals::StringLiterals;
namespace attestation = formats::attestation;

namespace {

constexpr int allowed = 0, denied = 1;
constexpr auto defaultKey = "arn:aws:kms:us-east-1:111122223333:key/00000000-0000-0000-0000-000000000000";

struct Options {
    std::string policy, document, eif, action, role = defaultRole, instance, key, root = "local", viaService,
                                               sourceIp;
    std::vector<std::string> identityPolicies, pcrs, context, values;
    bool isDebug = false, isNow = false, json = false;
};

// "NAME=VALUE" of an option.
std::pair<QString, QString> pairOf(const char *option, const std::string &text) {
    const size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0)
        throw CLI::ValidationError(option, "takes NAME=VALUE");
    return {textOf(text.substr(0, equals)), textOf(text.substr(equals + 1))};
}

// "kms:Decrypt" as KMS spells it.
QString actionOf(const std::string &text) {
    const kms::KmsAction *action = kms::kmsAction(textOf(text));
    if (!action) {
        const QString near = kms::nearestAction(textOf(text));
        throw CLI::ValidationError(
            "--action", "KMS has no action " + text +
                            (near.isEmpty() ? std::string() : "; did you mean " + near.toStdString() + "?"));
    }
    return u"kms:"_s + QLatin1StringView(action->name);
}

app::Result<kms::Request> requestOf(const Options &options) {
    kms::Request request;
    const auto caller = kms::parsePrincipal(textOf(options.role));
    if (!caller)
        return tl::unexpected(caller.error());
    request.caller = *caller;
    request.action = actionOf(options.action);
    // Without a key of his own the user means one of the caller's account.
    request.resource = options.key.empty()
                           ? QString::fromLatin1(defaultKey).replace(u"111122223333"_s, caller->account)
                           : textOf(options.key);
    const auto parts = request.resource.split(u':');
    if (parts.size() != 6 || parts[2] != u"kms")
        return app::failure(u"bad-key"_s,
                            u"A key is an ARN such as %1."_s.arg(QString::fromLatin1(defaultKey)),
                            request.resource);
    request.account = parts[4];
    if (!kms::kmsAction(request.action)->hasKey)
        request.resource = u"*"_s;
    kms::setCallerKeys(request, QDateTime::currentSecsSinceEpoch());
    return request;
}

app::Result<void> addDocument(const Options &options, kms::Request &request) {
    const auto input = readDocument(pathOf(options.document));
    if (!input)
        return tl::unexpected(input.error());
    auto roots = attestation::trustedRoots(pathOf(options.root));
    if (!roots)
        return tl::unexpected(roots.error());
    attestation::VerifyOptions verify;
    verify.roots = *std::move(roots);
    if (options.isNow)
        verify.maxAgeSeconds = kms::usualMaxAgeSeconds;
    else
        verify.time = attestation::CheckTime::document;
    kms::setDocument(request, attestation::decode(input->document), verify);
    return {};
}

app::Result<void> addImage(const Options &options, kms::Request &request) {
    const auto measured = pcrsOfEif(pathOf(options.eif));
    if (!measured)
        return tl::unexpected(measured.error());
    kms::ExpectedEnclave enclave{*measured, request.caller.principalArn(), textOf(options.instance),
                                 options.isDebug};
    for (const std::string &pcr : options.pcrs) {
        const auto [index, value] = pcrOf(pcr);
        enclave.imagePcrs[index] = value;
    }
    kms::setExpectedEnclave(request, enclave);
    return {};
}

app::Result<void> addCircumstances(const Options &options, kms::Request &request) {
    std::map<QString, QString> context;
    for (const std::string &each : options.context)
        context.insert(pairOf("--encryption-context", each));
    kms::setEncryptionContext(request, context);
    if (!options.viaService.empty())
        request.context.set(u"kms:ViaService", textOf(options.viaService), u"--via-service"_s);
    if (!options.sourceIp.empty())
        request.context.set(u"aws:SourceIp", textOf(options.sourceIp), u"--source-ip"_s);
    for (const std::string &each : options.values) {
        const auto [name, value] = pairOf("--set", each);
        request.context.set(name, value, u"--set"_s);
    }
    if (!options.document.empty())
        return addDocument(options, request);
    return options.eif.empty() ? app::Result<void>() : addImage(options, request);
}

app::Result<kms::PolicySet> policiesOf(const Options &options) {
    kms::PolicySet policies;
    auto keyPolicy = readPolicy(options.policy);
    if (!keyPolicy)
        return tl::unexpected(keyPolicy.error());
    policies.keyPolicy = *std::move(keyPolicy);
    for (const std::string &path : options.identityPolicies) {
        auto policy = readPolicy(path);
        if (!policy)
            return tl::unexpected(policy.error());
        policies.identityPolicies.push_back(*std::move(policy));
    }
    return policies;
}

int report(const kms::PolicySet &policies, const kms::Request &request, bool asJson) {
    const kms::Decision decision = kms::evaluate(policies, request);
    const int code = decision.isAllowed() ? allowed : denied;
    if (!asJson) {
        QString text = u"%1 by %2\n"_s.arg(request.action, request.caller.arn);
        if (request.attestation == kms::Attestation::invalid)
            text += u"The document is not valid, and KMS would refuse the call. %1\n"_s.arg(
                request.attestationProblem);
        return printText((text + kms::decisionText(decision, request)).toUtf8(), code, unreadable);
    }
    formats::JsonWriter json;
    json.beginObject();
    if (request.attestation == kms::Attestation::invalid)
        json.field(u"DocumentProblem", request.attestationProblem);
    kms::writeDecision(json, decision, request);
    json.endObject();
    return printJson(json.text(), code, unreadable);
}

int simulate(const Options &options) {
    const auto fail = [](const app::Error &error) {
        say(error.text());
        return unreadable;
    };
    auto request = requestOf(options);
    if (!request)
        return fail(request.error());
    if (const auto added = addCircumstances(options, *request); !added)
        return fail(added.error());
    const auto policies = policiesOf(options);
    return policies ? report(*policies, *request, options.json) : fail(policies.error());
}

} // namespace

void addKmsSimulate(CLI::App &group, int &code) {
    CLI::App *command =
        group.add_subcommand("simulate", "Say what KMS would decide over a call, and what made it so");
    auto options = std::make_shared<Options>();
    command->add_option("--policy", options->policy, "The key's policy")->required()->type_name("FILE");
    command
        ->add_option("--identity-policy", options->identityPolicies,
                     "A policy of the caller's role or user; may be repeated")
        ->allow_extra_args(false)
        ->type_name("FILE");
    command->add_option("--action", options->action, "What is called, such as Decrypt")
        ->required()
        ->type_name("NAME");
    CLI::Option *document =
        command
            ->add_option("--document", options->document,
                         "Attestation document of the call, in any form that attest reads")
            ->type_name("FILE");
    command->add_option("--eif", options->eif, "Image whose document the call would carry")
        ->type_name("FILE")
        ->excludes(document);
    command->add_option("--role", options->role, "Who calls: a role, a session, a user, a root")
        ->type_name("ARN");
    command->add_option("--instance", options->instance, "Id of the parent instance, for PCR4; with --eif")
        ->type_name("ID");
    command
        ->add_option("--pcr", options->pcrs,
                     "Another PCR of the image, such as one that it extends; with --eif")
        ->allow_extra_args(false)
        ->delimiter(',')
        ->type_name("N=HEX");
    command->add_flag("--debug-mode", options->isDebug, "The enclave runs in debug mode; with --eif");
    command->add_option("--key", options->key, "The key (default: one of the caller's account)")
        ->type_name("ARN");
    command->add_option("--root", options->root, "Root to trust: local, aws, aws-gov or a PEM file [local]")
        ->type_name("ROOT");
    command->add_flag("--now", options->isNow,
                      "The document must be valid and fresh now (default: when it was made)");
    command
        ->add_option("--encryption-context", options->context,
                     "A pair of the encryption context; may be repeated")
        ->allow_extra_args(false)
        ->type_name("NAME=VALUE");
    command
        ->add_option("--via-service", options->viaService, "The AWS service that calls, for kms:ViaService")
        ->type_name("NAME");
    command->add_option("--source-ip", options->sourceIp, "For aws:SourceIp")->type_name("ADDRESS");
    command->add_option("--set", options->values, "Value of any other condition key; may be repeated")
        ->allow_extra_args(false)
        ->type_name("KEY=VALUE");
    command->add_flag("--json", options->json, "Print JSON");
    command->footer(
        "Exit codes: 0 allowed, 1 denied or wrong usage, 2 a file cannot be read or is no policy.");
    command->callback([options, &code] { code = simulate(*options); });
}

} // namespace nitroscope::cli
