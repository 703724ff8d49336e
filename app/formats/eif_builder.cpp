// SPDX-License-Identifier: GPL-2.0-or-later
//
// See eif_builder.hpp. QSaveFile writes under another name and renames at the end; the header goes out first
// with a CRC of zero and is completed in place, because the CRC covers everything behind it.

#include "app/formats/eif_builder.hpp"

#include "app/formats/value_text.hpp"
#include "firmware/eif/bzimage.hpp"
#include "firmware/eif/crc32.hpp"

#include <algorithm>
#include <QFile>
#include <QFileInfo>
#include <QJsonArray>
#include <QJsonDocument>
#include <QSaveFile>
#include <QtEndian>

namespace nitroscope::formats {

namespace {

constexpr qint64 copyBytes = 1024 * 1024;
constexpr qsizetype maxCustomMetadata = 4096; // nitro-cli's limit
constexpr qint64 versionSearchBytes = 512;

template <class T>
void appendBig(QByteArray &bytes, T value) {
    const T big = qToBigEndian(value);
    bytes.append(reinterpret_cast<const char *>(&big), sizeof big);
}

/// One section to be written: from a file, or text made here.
struct Part {
    eif::SectionType type;
    QByteArray text;
    std::shared_ptr<QFile> file; ///< Open for reading; null for text.
    quint64 fileSize = 0;        ///< When it was opened; a file that grows meanwhile is cut here.

    quint64 size() const { return file ? fileSize : static_cast<quint64>(text.size()); }
};

app::Result<Part> openPart(eif::SectionType type, const char *role, const QString &path) {
    auto file = std::make_shared<QFile>(path);
    const QString what = QString::fromLatin1(role);
    if (path.isEmpty())
        return app::failure(u"recipe"_s, u"No %1 file was named."_s.arg(what));
    if (QFileInfo(path).isDir())
        return app::failure(u"input"_s, u"The %1 '%2' is a directory; name a file."_s.arg(what, path), path);
    if (!file->open(QIODevice::ReadOnly))
        return app::failure(u"input"_s,
                            u"The %1 '%2' cannot be read: %3."_s.arg(what, path, file->errorString()), path);
    if (file->isSequential() || file->size() == 0)
        return app::failure(u"input"_s, u"The %1 '%2' is empty or not a regular file."_s.arg(what, path),
                            path);
    const auto size = static_cast<quint64>(file->size());
    return Part{type, {}, std::move(file), size};
}

/// First word of the version text in a bzImage, such as "6.12.95".
QString kernelVersionOf(QFile &kernel) {
    const QByteArray head = kernel.read(static_cast<qint64>(eif::bzImageHeadSize));
    const eif::BzImageResult result = eif::parseBzImage(toBytes(head), static_cast<quint64>(kernel.size()));
    QByteArray text;
    if (result.image.versionTextOffset != 0 && kernel.seek(result.image.versionTextOffset))
        text = kernel.read(versionSearchBytes);
    kernel.seek(0);
    text.truncate(std::max<qsizetype>(0, text.indexOf('\0')));
    const QString word = QString::fromUtf8(text).section(u' ', 0, 0);
    return word.isEmpty() ? u"unknown"_s : word;
}

QDateTime buildTimeOf(const EifRecipe &recipe) {
    if (recipe.buildTime)
        return recipe.buildTime->toUTC();
    bool isNumber = false;
    const qint64 epoch = qEnvironmentVariable("SOURCE_DATE_EPOCH").toLongLong(&isNumber);
    return isNumber ? QDateTime::fromSecsSinceEpoch(epoch, Qt::UTC) : QDateTime::currentDateTimeUtc();
}

QString orDefault(const QString &value, const QString &fallback) {
    return value.isEmpty() ? fallback : value;
}

/// The metadata section, in the builders' key order; a value is compact JSON with sorted keys, so it is
/// reproducible.
app::Result<QByteArray> metadataOf(const EifRecipe &recipe, const QString &kernelVersion,
                                   const QString &outputPath) {
    const EifIdentity &identity = recipe.identity;
    const auto compact = [](const QJsonValue &value) {
        const QByteArray array = QJsonDocument(QJsonArray{value}).toJson(QJsonDocument::Compact);
        return value.isUndefined() ? QByteArray("null") : array.mid(1, array.size() - 2);
    };
    const QByteArray custom = compact(identity.customMetadata);
    if (custom.size() > maxCustomMetadata)
        return app::failure(
            u"recipe"_s, u"The custom metadata takes %1 bytes; at most %2 are allowed."_s.arg(custom.size())
                             .arg(maxCustomMetadata));
    QByteArray json;
    const auto field = [&](const char *name, const QByteArray &value) {
        json += (json.isEmpty() || json.endsWith('{')) ? "" : ",";
        json += '"' + QByteArray(name) + "\":" + value;
    };
    json += '{';
    field("ImageName", compact(orDefault(identity.imageName, QFileInfo(outputPath).completeBaseName())));
    field("ImageVersion", compact(orDefault(identity.imageVersion, u"1.0"_s)));
    field("BuildMetadata", "{");
    field("BuildTime", compact(buildTimeOf(recipe).toString(u"yyyy-MM-ddTHH:mm:ss.zzz"_s) + u"+00:00"_s));
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

app::Result<std::vector<Part>> collectParts(const EifRecipe &recipe, const QString &outputPath) {
    if (recipe.ramdiskPaths.isEmpty())
        return app::failure(u"recipe"_s, u"An enclave image needs at least one ramdisk."_s);
    constexpr auto maxRamdisks = static_cast<qsizetype>(eif::maxSections) - 3; // kernel, cmdline, metadata
    if (recipe.ramdiskPaths.size() > maxRamdisks)
        return app::failure(
            u"recipe"_s,
            u"There is room for %1 ramdisks, not for %2."_s.arg(maxRamdisks).arg(recipe.ramdiskPaths.size()));
    std::vector<Part> parts;
    auto kernel = openPart(eif::SectionType::kernel, "kernel", recipe.kernelPath);
    if (!kernel)
        return tl::unexpected(kernel.error());
    const QString kernelVersion = kernelVersionOf(*kernel->file);
    parts.push_back(std::move(*kernel));

    QByteArray commandLine = recipe.commandLine.toUtf8();
    while (commandLine.endsWith('\n') || commandLine.endsWith('\r'))
        commandLine.chop(1);
    parts.push_back({eif::SectionType::cmdline, commandLine, nullptr, 0});

    const auto metadata = metadataOf(recipe, kernelVersion, outputPath);
    if (!metadata)
        return tl::unexpected(metadata.error());
    parts.push_back({eif::SectionType::metadata, *metadata, nullptr, 0});
    for (const QString &path : recipe.ramdiskPaths) {
        auto ramdisk = openPart(eif::SectionType::ramdisk, "ramdisk", path);
        if (!ramdisk)
            return tl::unexpected(ramdisk.error());
        parts.push_back(std::move(*ramdisk));
    }
    return parts;
}

/// The header up to, not including, its CRC.
QByteArray headerOf(const EifRecipe &recipe, const std::vector<Part> &parts) {
    QByteArray header;
    appendBig<quint32>(header, eif::magicValue);
    appendBig<quint16>(header, eif::maxVersion);
    appendBig<quint16>(header, recipe.architecture == EifRecipe::Architecture::aarch64 ? eif::flagArm64 : 0);
    appendBig<quint64>(header, eif::usualDefaultMemory);
    appendBig<quint64>(header, eif::usualDefaultCpus);
    appendBig<quint16>(header, 0);
    appendBig<quint16>(header, static_cast<quint16>(parts.size()));
    quint64 offset = eif::headerSize;
    for (size_t i = 0; i < eif::maxSections; ++i) {
        appendBig<quint64>(header, i < parts.size() ? offset : 0);
        offset += i < parts.size() ? eif::sectionHeaderSize + parts[i].size() : 0;
    }
    for (size_t i = 0; i < eif::maxSections; ++i)
        appendBig<quint64>(header, i < parts.size() ? parts[i].size() : 0);
    appendBig<quint32>(header, 0);
    return header;
}

class Writer {
public:
    Writer(const QString &path, std::stop_token stop) : m_file(path), m_stop(std::move(stop)) {}

    app::Result<void> write(const EifRecipe &recipe, const std::vector<Part> &parts) {
        if (!m_file.open(QIODevice::WriteOnly))
            return outputFailure();
        const QByteArray header = headerOf(recipe, parts);
        if (!put(header) ||
            m_file.write(QByteArray(static_cast<qsizetype>(eif::crcSize), '\0')) != qint64(eif::crcSize))
            return outputFailure();
        for (const Part &part : parts)
            if (auto done = writePart(part); !done)
                return done;
        QByteArray crc;
        appendBig<quint32>(crc, m_crc.value());
        if (!m_file.seek(static_cast<qint64>(eif::crcOffset)) || m_file.write(crc) != crc.size() ||
            !m_file.commit())
            return outputFailure();
        return {};
    }

private:
    app::Result<void> outputFailure() const {
        return app::failure(u"output"_s,
                            u"'%1' cannot be written: %2."_s.arg(m_file.fileName(), m_file.errorString()),
                            m_file.fileName());
    }

    bool put(const QByteArray &bytes) {
        m_crc.update(toBytes(bytes));
        return m_file.write(bytes) == bytes.size();
    }

    app::Result<void> writePart(const Part &part) {
        QByteArray header;
        appendBig<quint16>(header, static_cast<quint16>(part.type));
        appendBig<quint16>(header, 0);
        appendBig<quint64>(header, part.size());
        if (!put(header) || !put(part.text))
            return outputFailure();
        for (quint64 done = 0; part.file && done < part.size();) {
            if (m_stop.stop_requested())
                return app::failure(u"cancelled"_s, u"Building was cancelled; nothing was written."_s);
            const QByteArray chunk =
                part.file->read(std::min<qint64>(copyBytes, static_cast<qint64>(part.size() - done)));
            if (chunk.isEmpty())
                return app::failure(
                    u"input"_s,
                    u"'%1' changed or could not be read while it was copied."_s.arg(part.file->fileName()),
                    part.file->fileName());
            if (!put(chunk))
                return outputFailure();
            done += static_cast<quint64>(chunk.size());
        }
        return {};
    }

    QSaveFile m_file;
    std::stop_token m_stop;
    eif::Crc32 m_crc;
};

} // namespace

app::Result<EifMeasurements> buildEif(const EifRecipe &recipe, const QString &outputPath,
                                      std::stop_token stop, const EifDocument::Progress &progress) {
    const auto parts = collectParts(recipe, outputPath);
    if (!parts)
        return tl::unexpected(parts.error());
    if (auto written = Writer(outputPath, stop).write(recipe, *parts); !written)
        return tl::unexpected(written.error());
    const auto document = EifDocument::open(outputPath);
    if (!document)
        return tl::unexpected(document.error());
    return document->measurements(std::move(stop), progress);
}

} // namespace nitroscope::formats
