// SPDX-License-Identifier: GPL-2.0-or-later
//
// See container_image.hpp: where the parts of an image are. Which image is meant is found in container_layout.cpp, its
// layers are read in container_layers.cpp.

#include "app/formats/container/container_image.hpp"

#include "app/core/output/file_writer.hpp"
#include "app/formats/container/content_digest.hpp"
#include "app/formats/container/layer_archive.hpp"
#include "app/formats/ramdisk/ramdisk.hpp"
#include "app/formats/tree/value_text.hpp"

#include <QCryptographicHash>
#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QJsonArray>
#include <QJsonDocument>

namespace nitroscope::formats {

namespace {

tl::unexpected<app::Error> bad(const QString &message, const QString &context = {}) {
    return app::failure(u"input"_s, message, context);
}

QString blobName(const QString &digest) {
    return u"blobs/"_s + digest.section(u':', 0, 0) + u'/' + digest.section(u':', 1);
}

} // namespace

app::Result<ContainerImage> ContainerImage::open(const ImageReference &reference, const QString &architecture,
                                                 const QString &scratchFolder,
                                                 const ContainerLimits &limits) {
    ContainerImage image;
    image.m_limits = limits;
    const QString &path = reference.path;
    const QFileInfo info(path);
    image.m_title = QFileInfo(info.absoluteFilePath()).completeBaseName();
    if (info.isDir()) // whose name may have dots that begin no suffix
        image.m_title = QDir(path).canonicalPath().section(u'/', -1);
    if (info.isDir())
        image.m_folder = info.canonicalFilePath();
    else if (!info.isFile())
        return bad(u"This is neither a file nor a folder."_s, path);
    else if (auto unpacked = image.unpackArchive(path, scratchFolder); !unpacked)
        return tl::unexpected(unpacked.error());
    // Docker's newer archives have both; its own list names the image as its user knows it.
    auto opened = image.fileOf(u"manifest.json"_s) ? image.openDockerSave(reference.name, architecture)
                                                   : image.openLayout(reference.name, architecture);
    if (opened && image.m_image.isEmpty())
        opened = bad(u"The image's configuration is not readable."_s);
    if (opened)
        opened = image.checkLayers();
    if (!opened) {
        if (opened.error().context.isEmpty())
            opened.error().context = path;
        return tl::unexpected(opened.error());
    }
    return image;
}

app::Result<void> ContainerImage::unpackArchive(const QString &path, const QString &scratchFolder) {
    constexpr int maxParts = 10'000;
    m_scratch = std::make_shared<QTemporaryDir>(scratchFolder + u"/container-XXXXXX"_s);
    if (!m_scratch->isValid())
        return app::failure(u"output"_s, m_scratch->errorString(), scratchFolder);
    LayerArchive archive(path, m_limits.unpack);
    QHash<QString, QString> links;
    while (true) {
        const auto more = archive.next();
        if (!more)
            return tl::unexpected(more.error());
        if (!*more)
            break;
        const QString name = QString::fromUtf8(normalPath(archive.path()));
        if (!archive.linkTarget().isEmpty()) // older docker save: a layer that occurs twice
            links.insert(name, QDir::cleanPath(QFileInfo(name).path() + u'/' +
                                               QString::fromUtf8(archive.linkTarget())));
        if (!archive.isRegular())
            continue;
        if (m_parts.size() >= maxParts)
            return app::failure(u"limit"_s, u"The archive has more than %1 parts."_s.arg(maxParts), path);
        app::FileWriter part(m_scratch->filePath(QString::number(m_parts.size())), app::FileRole::scratch);
        if (auto started = part.start(); !started)
            return started;
        auto copied = archive.read([&](std::span<const char> piece) -> app::Result<void> {
            if (part.write(piece.data(), static_cast<qint64>(piece.size())) !=
                static_cast<qint64>(piece.size()))
                return part.problem();
            return {};
        });
        if (!copied)
            return copied;
        if (auto written = part.commit(); !written)
            return written;
        m_parts.insert(name, part.path());
    }
    for (auto it = links.cbegin(); it != links.cend(); ++it)
        if (const auto found = m_parts.constFind(it.value()); found != m_parts.cend())
            m_parts.insert(it.key(), *found);
    return {};
}

app::Result<QString> ContainerImage::fileOf(const QString &name) const {
    if (m_folder.isEmpty()) {
        const auto found = m_parts.constFind(QString::fromUtf8(normalPath(name.toUtf8())));
        if (found != m_parts.cend())
            return *found;
    } else if (const QString path = QFileInfo(m_folder + u'/' + name).canonicalFilePath();
               !isSuspiciousPath(name.toUtf8()) && path.startsWith(m_folder + u'/') &&
               QFileInfo(path).isFile()) {
        return path; // whatever links lead to it, it is in the folder
    }
    return bad(
        u"The image has no part '%1': this is neither an OCI image layout nor an archive of docker "
        u"save, or it is not whole. A folder that is a root file system is given with --rootfs."_s.arg(name));
}

app::Result<QByteArray> ContainerImage::readJson(const QString &name) const {
    constexpr qint64 most = 16 * 1024 * 1024;
    const auto path = fileOf(name);
    if (!path)
        return tl::unexpected(path.error());
    QFile file(*path);
    if (!file.open(QIODevice::ReadOnly))
        return bad(u"The part '%1' cannot be read: %2."_s.arg(name, file.errorString()));
    if (file.size() > most)
        return app::failure(u"limit"_s, u"The part '%1' is too large for JSON."_s.arg(name));
    return file.readAll();
}

app::Result<QByteArray> ContainerImage::readBlob(const QJsonObject &descriptor) const {
    if (const auto path = blobFile(descriptor); !path)
        return tl::unexpected(path.error());
    return readJson(blobName(descriptor.value(u"digest").toString()));
}

// image-spec, descriptor.md: size and digest are verified before a part is used.
app::Result<QString> ContainerImage::blobFile(const QJsonObject &descriptor) const {
    const QString text = descriptor.value(u"digest").toString();
    const auto digest = parseDigest(text);
    if (!digest)
        return tl::unexpected(digest.error());
    auto path = fileOf(blobName(text));
    if (!path)
        return path;
    QFile content(*path);
    QCryptographicHash hash(digest->algorithm);
    if (!content.open(QIODevice::ReadOnly) || !hash.addData(&content))
        return bad(u"'%1' cannot be read: %2."_s.arg(text, content.errorString()));
    if (hash.result() != digest->value)
        return bad(u"The part '%1' has another digest: the image is damaged."_s.arg(text));
    if (const QJsonValue size = descriptor.value(u"size");
        size.isDouble() && size.toInteger(-1) != content.size())
        return bad(
            u"The part '%1' has %2 bytes, but its descriptor says %3: the image is damaged."_s.arg(text)
                .arg(content.size())
                .arg(size.toDouble(), 0, 'f', 0));
    return path;
}

// The layers unpacked are what the configuration says, too: what nitro-cli's Docker would refuse to load.
app::Result<void> ContainerImage::checkLayers() const {
    const QJsonArray expected = m_image.value(u"rootfs").toObject().value(u"diff_ids").toArray();
    if (expected.isEmpty())
        return {};
    if (expected.size() != m_layers.size())
        return bad(u"The configuration names %1 layers, the manifest %2: they do not belong together."_s
                       .arg(expected.size())
                       .arg(m_layers.size()));
    for (qsizetype i = 0; i < m_layers.size(); ++i) {
        const auto wanted = parseDigest(expected[i].toString());
        if (!wanted)
            return tl::unexpected(wanted.error());
        const auto digest = unpackedDigest(m_layers[i], wanted->algorithm, m_limits.unpack);
        if (!digest)
            return tl::unexpected(digest.error());
        if (*digest != wanted->value)
            return bad(u"Layer %1 has another content than the configuration says (diff_id %2): the image is "
                       "damaged."_s.arg(i)
                           .arg(printableText(expected[i].toString().toUtf8())));
    }
    return {};
}

QJsonObject ContainerImage::inspect() const {
    QJsonObject object;
    object.insert(u"Id"_s, m_digest);
    if (!m_name.isEmpty())
        object.insert(u"RepoTags"_s, QJsonArray{m_name});
    object.insert(u"Architecture"_s, m_image.value(u"architecture"));
    object.insert(u"Os"_s, m_image.value(u"os"));
    if (m_image.contains(u"created"))
        object.insert(u"Created"_s, m_image.value(u"created"));
    object.insert(u"Config"_s, config());
    return object;
}

} // namespace nitroscope::formats
