// SPDX-License-Identifier: GPL-2.0-or-later
//
// See eif_builder.hpp. The bytes are written by eif_writer.cpp.

#include "app/formats/eif/eif_builder.hpp"

#include "app/formats/eif/eif_writer.hpp"
#include "app/formats/eif/metadata_check.hpp"
#include "app/formats/json/json_text.hpp"
#include "app/formats/kernel/bzimage.hpp"
#include "app/formats/tree/value_text.hpp"

#include <algorithm>
#include <QFile>
#include <QFileInfo>
#include <QJsonArray>
#include <QJsonDocument>

namespace nitroscope::formats {

namespace {

constexpr qsizetype maxCustomMetadata = 4096; // nitro-cli's limit

app::Result<EifPart> openPart(eif::SectionType type, const char *role, const QString &path) {
    if (path.isEmpty())
        return app::failure(u"recipe"_s, u"No %1 file was named."_s.arg(QString::fromLatin1(role)));
    auto file = launch::FileSource::open(QFile::encodeName(path).constData(), role);
    if (!file)
        return app::failure(u"input"_s, QString::fromStdString(file.error()));
    const quint64 size = file->size();
    return EifPart{
        .type = type, .source = std::make_shared<launch::FileSource>(std::move(*file)), .length = size};
}

// First word of the version text in a bzImage, such as "6.12.95". Errors: "recipe" (a kernel for another architecture).
app::Result<QString> kernelVersionOf(const EifPart &kernel, ImageArchitecture architecture) {
    const auto image = readKernelImage({kernel.source.get(), 0, kernel.length});
    if (const auto seen = image ? image->architecture() : std::nullopt; seen && seen != architecture)
        return app::failure(
            u"recipe"_s,
            u"The kernel is for %1, the image is to be for %2. Name the kernel that fits, or the "
            "other architecture (--arch)."_s.arg(factsOf(*seen).nameText(),
                                                 factsOf(architecture).nameText()));
    const QString word = image ? image->version() : QString();
    return word.isEmpty() ? u"unknown"_s : word;
}

// https://reproducible-builds.org/specs/source-date-epoch: what is malformed must not pass as now.
app::Result<QDateTime> buildTimeOf(const EifRecipe &recipe) {
    if (recipe.buildTime)
        return recipe.buildTime->toUTC();
    const QString epoch = qEnvironmentVariable("SOURCE_DATE_EPOCH");
    if (epoch.isEmpty())
        return QDateTime::currentDateTimeUtc();
    constexpr qint64 year10000 = 253'402'300'800;
    bool isNumber = false;
    const qint64 seconds = epoch.toLongLong(&isNumber);
    if (!isNumber || seconds < 0 || seconds >= year10000)
        return app::failure(
            u"recipe"_s,
            u"SOURCE_DATE_EPOCH is '%1'; it must be a number of seconds since 1970. Correct or unset it."_s
                .arg(printableText(epoch.toUtf8())));
    return QDateTime::fromSecsSinceEpoch(seconds, Qt::UTC);
}

QString orDefault(const QString &value, const QString &fallback) {
    return value.isEmpty() ? fallback : value;
}

// The metadata section, in the builders' key order; a value is compact JSON with sorted keys, so it is
// reproducible.
app::Result<QByteArray> metadataOf(const EifRecipe &recipe, const QString &kernelVersion,
                                   const QString &outputPath) {
    const EifIdentity &identity = recipe.identity;
    const auto compact = [](const QJsonValue &value) {
        const QByteArray array = QJsonDocument(QJsonArray{value}).toJson(QJsonDocument::Compact);
        return value.isUndefined() ? QByteArray("null") : array.mid(1, array.size() - 2);
    };
    const QByteArray custom =
        identity.customMetadata.isEmpty() ? QByteArray("null") : compactJson(identity.customMetadata);
    if (custom.isEmpty())
        return app::failure(u"recipe"_s, u"The custom metadata are no JSON."_s);
    if (custom.size() > maxCustomMetadata)
        return app::failure(
            u"recipe"_s, u"The custom metadata takes %1 bytes; at most %2 are allowed."_s.arg(custom.size())
                             .arg(maxCustomMetadata));
    if (const auto deepest = std::max(jsonDepth(custom), jsonDepth(compact(identity.dockerInfo)));
        deepest + 1 > maxMetadataDepth)
        return app::failure(
            u"recipe"_s,
            u"The metadata are nested %1 levels deep; nitro-cli reads at most %2."_s.arg(deepest + 1)
                .arg(maxMetadataDepth));
    const auto buildTime = buildTimeOf(recipe);
    if (!buildTime)
        return tl::unexpected(buildTime.error());
    QByteArray json;
    const auto field = [&](const char *name, const QByteArray &value) {
        json += (json.isEmpty() || json.endsWith('{')) ? "" : ",";
        json += '"' + QByteArray(name) + "\":" + value;
    };
    json += '{';
    field("ImageName", compact(orDefault(identity.imageName, QFileInfo(outputPath).completeBaseName())));
    field("ImageVersion", compact(orDefault(identity.imageVersion, u"1.0"_s)));
    field("BuildMetadata", "{");
    field("BuildTime", compact(buildTime->toString(u"yyyy-MM-ddTHH:mm:ss.zzz"_s) + u"+00:00"_s));
    field("BuildTool", compact(orDefault(identity.buildTool, u"nitroscope-cli"_s)));
    field("BuildToolVersion",
          compact(orDefault(identity.buildToolVersion, QStringLiteral(NITROSCOPE_VERSION))));
    field("OperatingSystem", compact(orDefault(identity.operatingSystem, u"Linux"_s)));
    field("KernelVersion", compact(orDefault(identity.kernelVersion, kernelVersion)));
    json += '}';
    field("DockerInfo", compact(identity.dockerInfo));
    field("CustomMetadata", custom);
    json += '}';
    return json;
}

app::Result<std::vector<EifPart>> collectParts(const EifRecipe &recipe, const QString &outputPath) {
    if (recipe.ramdiskPaths.isEmpty())
        return app::failure(u"recipe"_s, u"An enclave image needs at least one ramdisk."_s);
    constexpr auto maxRamdisks = static_cast<qsizetype>(eif::maxSections) - 3; // kernel, cmdline, metadata
    if (recipe.ramdiskPaths.size() > maxRamdisks)
        return app::failure(
            u"recipe"_s,
            u"There is room for %1 ramdisks, not for %2."_s.arg(maxRamdisks).arg(recipe.ramdiskPaths.size()));
    std::vector<EifPart> parts;
    auto kernel = openPart(eif::SectionType::kernel, "kernel", recipe.kernelPath);
    if (!kernel)
        return tl::unexpected(kernel.error());
    const auto kernelVersion = kernelVersionOf(*kernel, recipe.architecture);
    if (!kernelVersion)
        return tl::unexpected(kernelVersion.error());
    parts.push_back(std::move(*kernel));

    QByteArray commandLine = recipe.commandLine.toUtf8();
    while (commandLine.endsWith('\n') || commandLine.endsWith('\r'))
        commandLine.chop(1);
    parts.push_back({.type = eif::SectionType::cmdline, .text = commandLine});

    const auto metadata = metadataOf(recipe, *kernelVersion, outputPath);
    if (!metadata)
        return tl::unexpected(metadata.error());
    parts.push_back({.type = eif::SectionType::metadata, .text = *metadata});
    for (const QString &path : recipe.ramdiskPaths) {
        auto ramdisk = openPart(eif::SectionType::ramdisk, "ramdisk", path);
        if (!ramdisk)
            return tl::unexpected(ramdisk.error());
        parts.push_back(std::move(*ramdisk));
    }
    return parts;
}

} // namespace

app::Result<EifMeasurements> buildEif(const EifRecipe &recipe, const QString &outputPath,
                                      std::stop_token stop, const EifDocument::Progress &progress) {
    const auto parts = collectParts(recipe, outputPath);
    if (!parts)
        return tl::unexpected(parts.error());
    const EifFrame frame = {.flags = factsOf(recipe.architecture).eifFlags};
    if (auto written = writeEif(frame, *parts, outputPath, stop); !written)
        return tl::unexpected(written.error());
    const auto document = EifDocument::open(outputPath);
    if (!document)
        return tl::unexpected(document.error());
    return document->measurements(std::move(stop), progress);
}

} // namespace nitroscope::formats
