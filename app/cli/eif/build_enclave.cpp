// SPDX-License-Identifier: GPL-2.0-or-later
//
// `build-enclave`: an EIF from a container image on disk, from a folder, or from ramdisks that are there
// already. Prints the measurements as nitro-cli does. Docker's daemon is never asked: its options say what to
// do instead.
#include "app/cli/eif/eif_commands.hpp"
#include "app/cli/eif/usual_kernel.hpp"
#include "app/cli/kit/arguments.hpp"
#include "app/cli/kit/console_output.hpp"
#include "app/cli/kit/exit_code.hpp"
#include "app/cli/kit/nitro_error.hpp"
#include "app/cli/kit/signal_watch.hpp"
#include "app/core/input/input_file.hpp"
#include "app/core/program_locations.hpp"
#include "app/formats/builder/enclave_builder.hpp"
#include "app/formats/eif/describe_json.hpp"
#include "app/formats/eif/eif_signer.hpp"

#include <CLI/Validators.hpp>
#include <QFile>
#include <QJsonDocument>
#include <vector>

namespace nitroscope::cli {

using namespace Qt::Literals::StringLiterals;
namespace {

using Architecture = formats::EifRecipe::Architecture;

struct BuildOptions {
    std::string kernel, commandLine, name, version, output, metadata;
    std::vector<std::string> ramdisks;
    std::string image, folder, dockerUri, dockerFolder, init, module, architecture;
    std::vector<std::string> command, environment;
    std::string certificate, key;
    bool keepsTimes = false;
    LimitOptions limits;
};

// nitro-cli's --metadata: a JSON file that becomes CustomMetadata. The builder knows its limit of 4096
// bytes without blanks; the reader only avoids reading something endless.
app::Result<QByteArray> readMetadata(const QString &path) {
    constexpr qint64 most = 64 * 1024;
    const auto json = app::readInput(path, most);
    if (!json)
        return json;
    if (json->size() > most)
        return app::failure(u"input"_s, u"The file is over 64 KiB; custom metadata may take 4096 bytes."_s,
                            path);
    QJsonParseError problem;
    const auto document = QJsonDocument::fromJson(*json, &problem);
    if (problem.error != QJsonParseError::NoError || !document.isObject()) {
        app::Error error{u"input"_s, u"The metadata is not a JSON object."_s, {}, path};
        if (problem.error != QJsonParseError::NoError)
            error.offset = static_cast<quint64>(problem.offset);
        return tl::unexpected(error);
    }
    return json;
}

// Does as AWS's: docs/enclave-init.md.
QString usualInit(Architecture architecture) {
    return app::demoFile(architecture == Architecture::aarch64 ? "guest-arm64/image_init"_L1
                                                               : "guest/image_init"_L1);
}

QStringList textsOf(const std::vector<std::string> &words) {
    QStringList texts;
    for (const std::string &word : words)
        texts << textOf(word);
    return texts;
}

QString dockerAdvice() {
    return u"This program does not talk to Docker. Build the image, then `docker save IMAGE -o image.tar` "
           "(or `skopeo copy docker://IMAGE oci:folder`) and give the file or folder with --image."_s;
}

// What cannot be done says what to do instead; empty when all is well.
QString complaint(const BuildOptions &options) {
    const int sources = !options.ramdisks.empty() + !options.image.empty() + !options.folder.empty();
    if (sources != 1)
        return u"Name what to build from: exactly one of --image, --rootfs and --ramdisk."_s;
    if (options.certificate.empty() != options.key.empty())
        return u"--signing-certificate and --private-key belong together (E60)."_s;
    if (!options.ramdisks.empty() && (options.kernel.empty() || options.commandLine.empty()))
        return u"--ramdisk also needs --kernel and --cmdline."_s;
    if (options.architecture == "aarch64" && options.ramdisks.empty() && options.init.empty() &&
        usualInit(Architecture::aarch64).isEmpty())
        return u"For aarch64, the usual init program is made only when it is asked for: run ./workbench build arm64 once, or name one with --init."_s;
    return {};
}

// Nothing: what the container image is for. The kernel and the init program that stand in for given ones are for
// x86_64 where --arch does not say otherwise.
std::optional<Architecture> architectureOf(const BuildOptions &options) {
    const bool isOpen = options.architecture.empty() && !options.image.empty();
    if (isOpen && !options.kernel.empty() && !options.init.empty())
        return std::nullopt;
    return options.architecture == "aarch64" ? Architecture::aarch64 : Architecture::x86_64;
}

app::Result<formats::EnclaveBuild> buildFrom(const BuildOptions &options,
                                             const formats::EifIdentity &identity, std::stop_source &stop) {
    const auto architecture = architectureOf(options);
    const formats::RamdiskLimits limits = options.limits.limits(stop);
    const auto findKernel = [&] {
        return kernelForImages(pathOf(options.kernel), architecture.value_or(Architecture::x86_64),
                               stop.get_token());
    };
    if (!options.ramdisks.empty()) {
        formats::EifRecipe recipe;
        auto kernel = findKernel();
        if (!kernel)
            return tl::unexpected(kernel.error());
        recipe.kernelPath = *kernel;
        recipe.commandLine = textOf(options.commandLine);
        for (const std::string &ramdisk : options.ramdisks)
            recipe.ramdiskPaths << pathOf(ramdisk);
        recipe.identity = identity;
        recipe.architecture = architecture.value_or(Architecture::x86_64);
        auto measurements =
            formats::buildEif(recipe, pathOf(options.output), stop.get_token(), limits.unpack.progress);
        if (!measurements)
            return tl::unexpected(measurements.error());
        return formats::EnclaveBuild{std::move(*measurements), {}};
    }
    formats::EnclaveRecipe recipe;
    recipe.rootFolder = pathOf(options.folder);
    if (!options.image.empty())
        recipe.containerImage = formats::findImage(pathOf(options.image))
                                    .value_or(formats::ImageReference{pathOf(options.image)});
    recipe.command = textsOf(options.command);
    recipe.environment = textsOf(options.environment);
    recipe.findKernel = findKernel;
    recipe.commandLine = textOf(options.commandLine);
    recipe.initPath =
        options.init.empty() ? usualInit(architecture.value_or(Architecture::x86_64)) : pathOf(options.init);
    recipe.nsmModulePath = pathOf(options.module);
    recipe.identity = identity;
    recipe.architecture = architecture;
    recipe.keepsTimes = options.keepsTimes;
    recipe.limits = {.unpack = limits.unpack, .files = limits.entries};
    return formats::buildEnclave(recipe, pathOf(options.output));
}

app::Result<formats::EifMeasurements> sign(const BuildOptions &options, std::stop_source &stop) {
    const auto signer = formats::EifSigner::fromFiles(pathOf(options.certificate), pathOf(options.key));
    if (!signer)
        return tl::unexpected(signer.error());
    const auto document = formats::EifDocument::open(pathOf(options.output));
    if (!document)
        return tl::unexpected(document.error());
    return formats::signEif(*document, *signer, pathOf(options.output), stop.get_token());
}

int build(BuildOptions options) {
    if (options.image.empty() && options.dockerFolder.empty() &&
        formats::findImage(pathOf(options.dockerUri))) {
        options.image = options.dockerUri;
        options.dockerUri.clear();
    }
    if (!options.dockerUri.empty() || !options.dockerFolder.empty())
        return fail(options.dockerFolder.empty() ? NitroError::dockerPull : NitroError::dockerBuild,
                    dockerAdvice());
    if (const QString text = complaint(options); !text.isEmpty()) {
        say(text);
        return wrongUsage;
    }
    formats::EifIdentity identity;
    identity.imageName = textOf(options.name);
    identity.imageVersion = textOf(options.version);
    if (!options.metadata.empty()) {
        const auto metadata = readMetadata(pathOf(options.metadata));
        if (!metadata)
            return fail(NitroError::eifBuilding, metadata.error().text());
        identity.customMetadata = *metadata;
    }
    // Keys that do not fit are told before the work, not after it.
    if (!options.key.empty()) {
        const auto signer = formats::EifSigner::fromFiles(pathOf(options.certificate), pathOf(options.key));
        if (!signer)
            return fail(NitroError::signing, signer.error().text());
    }
    std::stop_source stop;
    const SignalWatch signalWatch([&stop](int) { stop.request_stop(); });
    auto result = buildFrom(options, identity, stop);
    if (result && !options.key.empty()) {
        if (auto measured = sign(options, stop))
            result->measurements = std::move(*measured);
        else
            result = tl::unexpected(measured.error());
    }
    if (const int signal = SignalWatch::received())
        return bySignal + signal;
    if (!result)
        return fail(result.error().code == "output"_L1 ? NitroError::fileOperation : NitroError::eifBuilding,
                    result.error().text());
    for (const formats::LintFinding &finding : result->findings)
        say(u"%1 [%2] %3"_s.arg(finding.why, finding.rule, finding.advice));
    sayPlain(u"Enclave Image successfully created."_s);
    return printJson(formats::measurementsJson(result->measurements));
}

} // namespace

void addBuildEnclave(CLI::App &parser, int &code) {
    CLI::App *command =
        parser.add_subcommand("build-enclave", "Write an EIF from a container image, a folder or ramdisks");
    auto options = std::make_shared<BuildOptions>();
    command
        ->add_option(
            "--image", options->image,
            "Container image: OCI image layout (folder or archive), or docker save; which of several "
            "follows as in PATH:TAG, oci:FOLDER:TAG, docker-archive:FILE:NAME:TAG")
        ->type_name("PATH");
    command->add_option("--rootfs", options->folder, "Folder that becomes the program's root file system")
        ->type_name("FOLDER");
    command
        ->add_option(
            "--cmd", options->command,
            "Program and arguments, instead of the image's CMD or ENTRYPOINT: all words up to the next "
            "option of build-enclave, or all after --, as in --cmd /prog --port 5005 or "
            "--cmd /prog -- --name x")
        ->type_name("WORD");
    command->add_option("--env", options->environment, "One more environment variable; may be given again")
        ->allow_extra_args(false)
        ->type_name("NAME=VALUE");
    command
        ->add_option("--ramdisk", options->ramdisks,
                     "Ramdisk (cpio) as it is; give it again for each further one")
        ->allow_extra_args(false)
        ->type_name("FILE");
    command
        ->add_option(
            "--kernel", options->kernel,
            "Kernel (bzImage or aarch64 Image), or demo for the demo's small one [$NITROSCOPE_KERNEL, else one that has "
            "what AWS's has, built when it is first needed]")
        ->type_name("FILE|demo");
    command
        ->add_option("--init", options->init,
                     "Static init program for the first ramdisk [one that does as AWS's]")
        ->type_name("FILE");
    command
        ->add_option("--nsm-module", options->module, "nsm.ko for the first ramdisk, if the kernel needs one")
        ->type_name("FILE");
    command->add_option("--cmdline", options->commandLine, "Kernel command line [nitro-cli's]")
        ->type_name("TEXT");
    command
        ->add_option("--arch", options->architecture,
                     "x86_64 or aarch64 [with --image, --kernel and --init that of the image, else x86_64]")
        ->check(CLI::IsMember({"x86_64", "aarch64"}));
    command
        ->add_option("--name,--img-name", options->name,
                     "Image name in the metadata [of the container image or file]")
        ->type_name("TEXT");
    command
        ->add_option("--version,--img-version", options->version,
                     "Image version in the metadata [image digest or 1.0]")
        ->type_name("TEXT");
    command->add_option("--output-file", options->output, "EIF to write")->required()->type_name("FILE");
    command->add_option("--metadata", options->metadata, "JSON file with custom metadata, at most 4096 bytes")
        ->type_name("FILE");
    command->add_option("--signing-certificate", options->certificate, "Sign with this certificate (PEM)")
        ->type_name("FILE");
    command->add_option("--private-key", options->key, "Its key (PEM)")->type_name("FILE");
    command->add_flag("--keep-times", options->keepsTimes,
                      "Keep the files' times; the PCRs then depend on them");
    command
        ->add_option(
            "--docker-uri", options->dockerUri,
            "As --image, when it names an image on disk (a path, perhaps after oci: or docker-archive:)")
        ->type_name("URI");
    command->add_option("--docker-dir", options->dockerFolder, "Not possible here; says what to do instead");
    addJsonFlag(*command);
    options->limits.addTo(*command);
    command->footer("SOURCE_DATE_EPOCH fixes the build time in the metadata; the PCRs never depend on it.");
    command->callback([options, &code] { code = build(*options); });
}

} // namespace nitroscope::cli
