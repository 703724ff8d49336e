// SPDX-License-Identifier: GPL-2.0-or-later
//
// `kms trust`: a ramdisk by which the programs of an image that knows nothing of this KMS trust its root.
#include "app/cli/kit/arguments.hpp"
#include "app/cli/kit/console_output.hpp"
#include "app/cli/kit/exit_code.hpp"
#include "app/cli/kms/kms_start.hpp"
#include "app/core/output/file_writer.hpp"
#include "app/formats/eif/eif_document.hpp"
#include "app/formats/json/json_writer.hpp"
#include "app/kms/trust/trust_overlay.hpp"

#include <QDateTime>
#include <QJsonArray>

namespace nitroscope::cli {

using namespace Qt::Literals::StringLiterals;

namespace {

struct Options {
    std::string eif, output, folder;
    bool json = false;
};

int fail(const app::Error &error) {
    say(error.text());
    return refused;
}

int writeOverlay(const Options &options) {
    const auto eif = formats::EifDocument::open(pathOf(options.eif));
    if (!eif)
        return fail(eif.error());
    const auto index = eif->ramdisks();
    if (!index)
        return fail(index.error());
    const auto tls =
        kms::tlsIdentity(options.folder.empty() ? kms::defaultKmsFolder() : pathOf(options.folder),
                         QDateTime::currentSecsSinceEpoch());
    if (!tls)
        return fail(tls.error());
    const kms::TrustOverlay overlay = kms::trustOverlay((*index)->files(), tls->rootPem);
    if (const auto written = app::writeFile(pathOf(options.output), overlay.cpio); !written)
        return fail(written.error());
    if (options.json) {
        formats::JsonWriter json;
        json.beginObject();
        json.field(u"Bundles", QJsonArray::fromStringList(overlay.bundles));
        json.field(u"IsNew", overlay.isNew);
        json.endObject();
        return printJson(json.text());
    }
    QString text;
    for (const QString &bundle : overlay.bundles)
        text += (overlay.isNew ? u"new: "_s : QString()) + bundle + u'\n';
    say(u"boot with run-enclave --initrd %1; a ramdisk more is measured, so that PCR 0 and PCR 2 are others than the file's"_s
            .arg(pathOf(options.output)));
    return printText(text.toUtf8());
}

} // namespace

void addKmsTrust(CLI::App &group, int &code) {
    CLI::App *command =
        group.add_subcommand("trust", "Write a ramdisk by which an image's programs trust this KMS's root");
    auto options = std::make_shared<Options>();
    command->add_option("eif", options->eif, "EIF")->required()->type_name("FILE");
    command->add_option("-o,--output", options->output, "The ramdisk, for run-enclave --initrd")
        ->required()
        ->type_name("FILE");
    addKmsFolder(*command, options->folder);
    command->add_flag("--json", options->json, "Print the bundles as JSON");
    command->callback([options, &code] { code = writeOverlay(*options); });
}

} // namespace nitroscope::cli
