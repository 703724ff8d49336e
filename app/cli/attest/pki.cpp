// SPDX-License-Identifier: GPL-2.0-or-later
//
// `pki show`, `pki export [FILE]`, `pki renew`: the root that the local NSM's attestation documents chain up
// to. Only its certificate is ever shown; the key stays in its file.
#include "app/cli/kit/arguments.hpp"
#include "app/cli/kit/console_output.hpp"
#include "app/cli/kit/exit_code.hpp"
#include "app/core/output/file_writer.hpp"
#include "app/formats/certificates/local_root.hpp"
#include "app/formats/json/json_writer.hpp"

namespace nitroscope::cli {

using namespace Qt::Literals::StringLiterals;
namespace {

using formats::LocalRoot;

struct PkiOptions {
    std::string directory, output;
    bool json = false;
};

QByteArray asJson(const LocalRoot &root) {
    formats::JsonWriter json;
    json.beginObject();
    json.field(u"File", root.file);
    json.field(u"Subject", root.subject);
    json.field(u"SerialNumber", root.serial);
    json.field(u"NotBefore", root.notBefore.toString(Qt::ISODate));
    json.field(u"NotAfter", root.notAfter.toString(Qt::ISODate));
    json.field(u"Sha256", root.fingerprint);
    json.field(u"Certificate", QString::fromLatin1(root.pem));
    json.endObject();
    return json.text();
}

QByteArray asText(const LocalRoot &root) {
    const auto line = [](const char *name, const QString &value) {
        return u"%1 %2\n"_s.arg(QLatin1String(name), -12).arg(value).toUtf8();
    };
    return line("File", root.file) + line("Subject", root.subject) + line("Serial", root.serial) +
           line("Valid from", root.notBefore.toString(Qt::ISODate)) +
           line("Valid until", root.notAfter.toString(Qt::ISODate)) + line("SHA-256", root.fingerprint);
}

int print(const app::Result<LocalRoot> &root, bool json) {
    if (!root) {
        say(root.error().text());
        return refused;
    }
    return json ? printJson(asJson(*root)) : printText(asText(*root));
}

// The certificate as PEM to a file, or to standard output.
int exportRoot(const PkiOptions &options) {
    const auto root = formats::readLocalRoot(pathOf(options.directory), formats::MissingRoot::isCreated);
    if (!root) {
        say(root.error().text());
        return refused;
    }
    if (options.output.empty() || options.output == "-")
        return options.json ? printJson(asJson(*root)) : printBytes(root->pem);
    if (const auto written = app::writeFile(pathOf(options.output), root->pem); !written) {
        say(written.error().text());
        return refused;
    }
    return options.json ? print(root, true) : ok;
}

int renew(const PkiOptions &options) {
    const auto root = formats::renewLocalRoot(pathOf(options.directory));
    if (root)
        say(u"there is a new root; verifiers need it (pki export), and documents signed before "
            "need a copy of the old one"_s);
    return print(root, options.json);
}

} // namespace

void addPki(CLI::App &parser, int &code) {
    CLI::App *command =
        parser.add_subcommand("pki", "The root certificate of this machine's attestation documents");
    command->require_subcommand(1);
    auto options = std::make_shared<PkiOptions>();
    const auto add = [&](const char *name, const char *what) {
        CLI::App *sub = command->add_subcommand(name, what);
        sub->add_option("--directory", options->directory,
                        "Folder of the root (default: " + formats::defaultRootFolder().toStdString() + ")")
            ->type_name("FOLDER");
        return sub;
    };

    CLI::App *show = add("show", "Describe the root");
    show->add_flag("--json", options->json, "As JSON, with the certificate");
    show->callback([options, &code] {
        code = print(formats::readLocalRoot(pathOf(options->directory), formats::MissingRoot::isAnError),
                     options->json);
    });

    CLI::App *exported =
        add("export", "Write the root's certificate as PEM, for verifiers to trust; made if there is none");
    exported->add_option("FILE", options->output, "Where to (default: standard output)");
    exported->add_flag("--json", options->json,
                       "Describe the root as JSON on standard output, with the certificate");
    exported->callback([options, &code] { code = exportRoot(*options); });

    CLI::App *renewed = add("renew", "Replace the root with a new one");
    renewed->add_flag("--json", options->json, "As JSON, with the certificate");
    renewed->callback([options, &code] { code = renew(*options); });
}

} // namespace nitroscope::cli
