// SPDX-License-Identifier: GPL-2.0-or-later
//
// `build-enclave`, first form: an EIF from a kernel, a command line and ramdisks. Prints the measurements as
// nitro-cli does. Building from container images comes later.
#include "app/cli/arguments.hpp"
#include "app/cli/console_output.hpp"
#include "app/cli/exit_code.hpp"
#include "app/cli/signal_watch.hpp"
#include "app/formats/describe_json.hpp"
#include "app/formats/eif_builder.hpp"

#include <QFile>
#include <QJsonDocument>
#include <QJsonObject>
#include <vector>

namespace nitroscope::cli {
namespace {

struct BuildOptions {
    std::string kernel, commandLine, name, version, output, metadata;
    std::vector<std::string> ramdisks;
};

// nitro-cli's --metadata: a JSON file that becomes CustomMetadata. The builder knows its limit of 4096
// bytes; the reader only avoids reading something endless.
app::Result<QJsonValue> readMetadata(const QString &path) {
    constexpr qint64 most = 64 * 1024;
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly))
        return app::failure(QStringLiteral("input"), file.errorString(), path);
    QJsonParseError problem;
    const auto document = QJsonDocument::fromJson(file.read(most), &problem);
    if (problem.error != QJsonParseError::NoError || !document.isObject()) {
        app::Error error{
            QStringLiteral("input"), QStringLiteral("The metadata is not a JSON object."), {}, path};
        if (problem.error != QJsonParseError::NoError)
            error.offset = static_cast<quint64>(problem.offset);
        return tl::unexpected(error);
    }
    return QJsonValue(document.object());
}

int build(const BuildOptions &options) {
    formats::EifRecipe recipe;
    recipe.kernelPath = pathOf(options.kernel);
    recipe.commandLine = textOf(options.commandLine);
    for (const std::string &ramdisk : options.ramdisks)
        recipe.ramdiskPaths << pathOf(ramdisk);
    recipe.identity.imageName = textOf(options.name);
    recipe.identity.imageVersion = textOf(options.version);
    if (!options.metadata.empty()) {
        const auto metadata = readMetadata(pathOf(options.metadata));
        if (!metadata) {
            say(metadata.error().text());
            return refused;
        }
        recipe.identity.customMetadata = *metadata;
    }

    // The builder asks for the token between chunks and then removes what it has begun to write.
    const SignalWatch signalWatch([](int) {});
    std::stop_source stop;
    const auto measurements =
        formats::buildEif(recipe, pathOf(options.output), stop.get_token(), [&stop](quint64, quint64) {
            if (SignalWatch::received())
                stop.request_stop();
        });
    if (const int signal = SignalWatch::received())
        return bySignal + signal;
    if (!measurements) {
        say(measurements.error().text());
        return refused;
    }
    say(QStringLiteral("Enclave Image successfully created."));
    return writeOutput(formats::measurementsJson(*measurements)) == Written::all ? ok : refused;
}

} // namespace

void addBuildEnclave(CLI::App &parser, int &code) {
    CLI::App *command =
        parser.add_subcommand("build-enclave", "Write an EIF from a kernel, a command line and ramdisks");
    auto options = std::make_shared<BuildOptions>();
    command->add_option("--kernel", options->kernel, "Kernel (bzImage)")->required()->type_name("FILE");
    command->add_option("--cmdline", options->commandLine, "Kernel command line")
        ->required()
        ->type_name("TEXT");
    command->add_option("--ramdisk", options->ramdisks, "Ramdisk (cpio); give it again for each further one")
        ->required()
        ->allow_extra_args(false)
        ->type_name("FILE");
    command->add_option("--name", options->name, "Image name in the metadata [name of the output file]")
        ->type_name("TEXT");
    command->add_option("--version", options->version, "Image version in the metadata [1.0]")
        ->type_name("TEXT");
    command->add_option("--output-file", options->output, "EIF to write")->required()->type_name("FILE");
    command->add_option("--metadata", options->metadata, "JSON file with custom metadata, at most 4096 bytes")
        ->type_name("FILE");
    command->footer("SOURCE_DATE_EPOCH fixes the build time in the metadata; the PCRs never depend on it.");
    command->callback([options, &code] { code = build(*options); });
}

} // namespace nitroscope::cli
