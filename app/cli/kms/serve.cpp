// SPDX-License-Identifier: GPL-2.0-or-later
//
// `kms serve`: KMS on this computer, with each call explained; `kms ca export`: the root that its clients must trust.
#include "app/cli/kit/arguments.hpp"
#include "app/cli/kit/console_output.hpp"
#include "app/cli/kit/exit_code.hpp"
#include "app/cli/kit/signal_watch.hpp"
#include "app/cli/kms/kms_commands.hpp"
#include "app/cli/kms/kms_start.hpp"
#include "app/core/output/file_writer.hpp"
#include "app/core/output/stream_writer.hpp"
#include "app/formats/json/json_writer.hpp"

#include <csignal>
#include <QCoreApplication>
#include <QDateTime>

namespace nitroscope::cli {

using namespace Qt::Literals::StringLiterals;

namespace {

QByteArray jsonOf(const kms::CallRecord &record) {
    formats::JsonWriter json;
    json.beginObject();
    json.field(u"Id", record.id);
    json.field(u"Time", record.time);
    json.field(u"Operation", record.operation);
    json.field(u"Principal", record.principal);
    json.field(u"Key", record.keyArn);
    json.field(u"Error", record.isGood() ? QJsonValue() : QJsonValue(record.errorType));
    json.field(u"Message", record.message);
    json.field(u"Explanation", record.explanation);
    json.endObject();
    return json.text();
}

int runServer(kms::KmsServer &server, const KmsOptions &options) {
    int code = ok;
    app::StreamWriter trail;
    const auto stop = [&code](int with) {
        code = with;
        QCoreApplication::quit();
    };
    if (!options.trail.empty())
        if (const auto opened = trail.open(pathOf(options.trail)); !opened) {
            say(opened.error().text());
            return refused;
        }
    QObject::connect(&server, &kms::KmsServer::refused, [](const QString &why) { say(why); });
    QObject::connect(&server, &kms::KmsServer::called, [&](const kms::CallRecord &record) {
        if (const int written = options.json ? printJson(jsonOf(record)) : printText(textOf(record));
            written != ok)
            stop(written);
        if (trail.isOpen() && !record.cloudTrail.isEmpty())
            if (const auto written = trail.write(record.cloudTrail + '\n'); !written) {
                say(written.error().text());
                stop(cutOutput);
            }
    });
    const SignalWatch signalWatch(
        [&](int signal) { stop(signal == SIGINT || signal == SIGTERM ? int(ok) : bySignal + signal); });
    QCoreApplication::exec();
    return code;
}

int serve(const KmsOptions &options) {
    const auto server = kms::startKms(settingsOf(options));
    if (!server) {
        say(server.error().text());
        return refused;
    }
    say(u"KMS of %1 listens: https://127.0.0.1:%2 and http://127.0.0.1:%3"_s.arg((*server)->store().region())
            .arg((*server)->tlsPort())
            .arg((*server)->httpPort()));
    say(u"clients trust it with the certificate of `nitroscope-cli kms ca export`; an enclave reaches it with run-enclave --vsock-route "
        "8000=tcp:127.0.0.1:%1"_s.arg((*server)->tlsPort()));
    for (const QString &line : sayingsOf(**server))
        say(line);
    return runServer(**server, options);
}

int exportRoot(const std::string &folder, const std::string &output) {
    const QString path = folder.empty() ? kms::defaultKmsFolder() : pathOf(folder);
    const auto tls = kms::tlsIdentity(path, QDateTime::currentSecsSinceEpoch());
    if (!tls) {
        say(tls.error().text());
        return refused;
    }
    if (output.empty() || output == "-")
        return printBytes(tls->rootPem);
    const auto written = app::writeFile(pathOf(output), tls->rootPem);
    if (!written)
        say(written.error().text());
    return written ? ok : refused;
}

} // namespace

void addKmsServe(CLI::App &group, int &code) {
    CLI::App *command = group.add_subcommand("serve", "Be KMS on this computer, and explain each call");
    auto options = std::make_shared<KmsOptions>();
    const auto port = [&](const char *name, int &value, const char *help) {
        command->add_option(name, value, help)->check(CLI::Range(0, 65535))->type_name("PORT");
    };
    port("--port", options->port, "For HTTPS, on 127.0.0.1; 0 chooses one [4567]");
    port("--http-port", options->httpPort, "For HTTP, on 127.0.0.1; 0 chooses one [4566]");
    command
        ->add_option("--seed", options->seed,
                     "Policy of a key that is made unless there is one; NAME.json has alias/NAME")
        ->type_name("FILE");
    command
        ->add_option("--store", options->store, "Where keys are kept [keys.json in the folder of the root]")
        ->type_name("FILE");
    command->add_flag("--in-memory", options->inMemory, "Keep no keys beyond the end");
    command
        ->add_option("--role", options->role,
                     "As whom calls are made; the one of run-enclave --parent-role, so that PCR3 agrees")
        ->type_name("ARN");
    command
        ->add_option("--identities", options->identities,
                     "Access keys with their principals and policies (docs/kms.md)")
        ->type_name("FILE");
    command
        ->add_option(
            "--imds-port", options->imdsPort,
            "Also be the parent's metadata service (IMDSv2), with credentials of that role, on 127.0.0.1; 0 chooses a port [none]")
        ->check(CLI::Range(0, 65535))
        ->type_name("PORT");
    command->add_flag("--imds-v1", options->imdsVersion1,
                      "Let the metadata service answer without a token, too");
    command->add_option("--instance", options->instance, "Instance id of the parent, as in PCR4")
        ->type_name("ID");
    command
        ->add_option("--expire-after", options->credentialSeconds,
                     "How long credentials of the metadata service are good, in seconds [21600]")
        ->check(CLI::Range(qint64(1), qint64(1) << 32))
        ->type_name("S");
    command->add_flag("--any-signature", options->anySignature,
                      "Take every call, whatever its signature, as that role's");
    command->add_option("--region", options->region, "Region of the keys [us-east-1]")->type_name("NAME");
    command
        ->add_option("--root", options->root,
                     "Root of attestation documents to trust: local, aws, aws-gov or a PEM file [local]")
        ->type_name("ROOT");
    command
        ->add_option("--max-document-age", options->maxDocumentAge,
                     "Oldest that a document may be, in seconds; 0: any [300]")
        ->check(CLI::Range(qint64(0), qint64(1) << 40))
        ->type_name("S");
    command
        ->add_option(
            "--envelope", options->form,
            "How CiphertextForRecipient is written: chunks as AWS does, chunk=BYTES, primitive, der [chunks]")
        ->type_name("FORM");
    command->add_flag("--wrong-recipient-key", options->wrongKey,
                      "Encrypt for somebody else's key, to try what the enclave does then");
    command
        ->add_option("--cloudtrail", options->trail,
                     "Also write each call as an event of CloudTrail, one in a line")
        ->type_name("FILE");
    addKmsFolder(*command, options->folder);
    command->add_flag("--json", options->json, "Print each call as JSON");
    command->callback([options, &code] { code = serve(*options); });
}

void addKmsCa(CLI::App &group, int &code) {
    CLI::App *command = group.add_subcommand("ca", "The root that clients of kms serve must trust");
    command->require_subcommand(1);
    CLI::App *exported =
        command->add_subcommand("export", "Write the root's certificate as PEM; made if there is none");
    auto folder = std::make_shared<std::string>(), output = std::make_shared<std::string>();
    exported->add_option("FILE", *output, "Where to (default: standard output)");
    addKmsFolder(*exported, *folder);
    exported->callback([folder, output, &code] { code = exportRoot(*folder, *output); });
}

} // namespace nitroscope::cli
