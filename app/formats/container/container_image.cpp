// SPDX-License-Identifier: GPL-2.0-or-later
//
// See container_image.hpp: where the parts of an image are. Its layers are read in container_layers.cpp.

#include "app/formats/container/container_image.hpp"

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

} // namespace

app::Result<ContainerImage> ContainerImage::open(const QString &path, const QString &architecture,
                                                 const QString &scratchFolder,
                                                 const ContainerLimits &limits) {
    ContainerImage image;
    image.m_limits = limits;
    if (QFileInfo(path).isDir())
        image.m_folder = path;
    else if (auto unpacked = image.unpackArchive(path, scratchFolder); !unpacked)
        return tl::unexpected(unpacked.error());
    // Docker's newer archives have both; its own list names the image as its user knows it.
    auto opened = image.fileOf(u"manifest.json"_s) ? image.openDockerSave() : image.openLayout(architecture);
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
        QFile part(m_scratch->filePath(QString::number(m_parts.size())));
        if (!part.open(QIODevice::WriteOnly))
            return app::failure(u"output"_s, part.errorString(), part.fileName());
        auto copied = archive.read([&](std::span<const char> piece) -> app::Result<void> {
            if (part.write(piece.data(), static_cast<qint64>(piece.size())) !=
                static_cast<qint64>(piece.size()))
                return app::failure(u"output"_s, part.errorString(), part.fileName());
            return {};
        });
        if (!copied)
            return copied;
        if (!part.flush())
            return app::failure(u"output"_s, part.errorString(), part.fileName());
        m_parts.insert(name, part.fileName());
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
    } else if (const QString path = m_folder + u'/' + name;
               !isSuspiciousPath(name.toUtf8()) && QFileInfo(path).isFile()) {
        return path;
    }
    return bad(u"The image has no part '%1': this is neither an OCI image layout nor an archive of docker "
               u"save, or it is not whole."_s.arg(name));
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

app::Result<void> ContainerImage::checkDigest(const QString &file, const QString &digest) const {
    const QString expected = digest.section(u':', 1);
    const auto kind = digest.startsWith(u"sha512:") ? QCryptographicHash::Sha512 : QCryptographicHash::Sha256;
    QFile content(file);
    QCryptographicHash hash(kind);
    if (!content.open(QIODevice::ReadOnly) || !hash.addData(&content))
        return bad(u"'%1' cannot be read: %2."_s.arg(digest, content.errorString()));
    if (QString::fromLatin1(hash.result().toHex()) != expected)
        return bad(u"The part '%1' has another digest: the image is damaged."_s.arg(digest));
    return {};
}

app::Result<QByteArray> ContainerImage::readBlob(const QJsonObject &descriptor) const {
    const QString digest = descriptor.value(u"digest").toString();
    const QString name = u"blobs/"_s + digest.section(u':', 0, 0) + u'/' + digest.section(u':', 1);
    const auto path = fileOf(name);
    if (!path)
        return tl::unexpected(path.error());
    if (auto checked = checkDigest(*path, digest); !checked)
        return tl::unexpected(checked.error());
    return readJson(name);
}

app::Result<void> ContainerImage::openLayout(const QString &architecture) {
    constexpr int deepest = 4;
    auto json = readJson(u"index.json"_s);
    QJsonObject manifest;
    for (int depth = 0; json && depth < deepest; ++depth) {
        const QJsonObject object = QJsonDocument::fromJson(*json).object();
        if (object.contains(u"layers")) {
            manifest = object;
            break;
        }
        QJsonObject chosen;
        for (const QJsonValue entry : object.value(u"manifests").toArray()) {
            const QJsonObject descriptor = entry.toObject();
            const QString found = descriptor.value(u"platform").toObject().value(u"architecture").toString();
            if (chosen.isEmpty() && (found.isEmpty() || found == architecture))
                chosen = descriptor;
        }
        if (chosen.isEmpty())
            return bad(u"The image has no manifest for the platform %1."_s.arg(architecture));
        const QJsonObject notes = chosen.value(u"annotations").toObject();
        for (const char16_t *key : {u"io.containerd.image.name", u"org.opencontainers.image.ref.name"})
            if (m_name.isEmpty())
                m_name = notes.value(QStringView(key)).toString();
        json = readBlob(chosen);
    }
    if (!json)
        return tl::unexpected(json.error());
    const QJsonObject config = manifest.value(u"config").toObject();
    const auto image = readBlob(config);
    if (!image)
        return tl::unexpected(image.error());
    m_digest = config.value(u"digest").toString();
    m_image = QJsonDocument::fromJson(*image).object();
    for (const QJsonValue layer : manifest.value(u"layers").toArray()) {
        const QString digest = layer.toObject().value(u"digest").toString();
        const auto file = fileOf(u"blobs/"_s + digest.section(u':', 0, 0) + u'/' + digest.section(u':', 1));
        if (!file)
            return tl::unexpected(file.error());
        if (auto checked = checkDigest(*file, digest); !checked)
            return checked;
        m_layers << *file;
    }
    return m_image.isEmpty() ? app::Result<void>(bad(u"The image's configuration is not readable."_s))
                             : app::Result<void>();
}

app::Result<void> ContainerImage::openDockerSave() {
    const auto json = readJson(u"manifest.json"_s);
    if (!json)
        return tl::unexpected(json.error());
    const QJsonArray images = QJsonDocument::fromJson(*json).array();
    if (images.size() != 1)
        return bad(u"The archive holds %1 images; save exactly one."_s.arg(images.size()));
    const QJsonObject manifest = images.first().toObject();
    const QString configName = manifest.value(u"Config").toString();
    const auto image = readJson(configName);
    if (!image)
        return tl::unexpected(image.error());
    m_image = QJsonDocument::fromJson(*image).object();
    m_digest = u"sha256:"_s +
               QString::fromLatin1(QCryptographicHash::hash(*image, QCryptographicHash::Sha256).toHex());
    m_name = manifest.value(u"RepoTags").toArray().first().toString();
    for (const QJsonValue layer : manifest.value(u"Layers").toArray()) {
        const auto file = fileOf(layer.toString());
        if (!file)
            return tl::unexpected(file.error());
        m_layers << *file;
    }
    return m_image.isEmpty() ? app::Result<void>(bad(u"The image's configuration is not readable."_s))
                             : app::Result<void>();
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
