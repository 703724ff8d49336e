// SPDX-License-Identifier: GPL-2.0-or-later
//
// The images of an OCI layout and of docker save's list; see container_image.hpp. Only small JSON parts are read
// here.

#include "app/formats/container/container_image.hpp"

#include <QCryptographicHash>
#include <QFileInfo>
#include <QJsonArray>
#include <QJsonDocument>

namespace nitroscope::formats {

namespace {

constexpr int maxDepth = 4; // Index in index.
constexpr size_t maxCandidates = 1000;

QStringList namesOf(const QJsonObject &descriptor) {
    const QJsonObject notes = descriptor.value(u"annotations").toObject();
    QStringList names;
    for (const char16_t *key : {u"io.containerd.image.name", u"org.opencontainers.image.ref.name"})
        if (const QString name = notes.value(QStringView(key)).toString(); !name.isEmpty())
            names << name;
    return names;
}

// BuildKit's attestations stand beside the images that they are about.
bool isAttestation(const QJsonObject &descriptor) {
    return descriptor.value(u"annotations").toObject().contains(u"vnd.docker.reference.type") ||
           descriptor.value(u"platform").toObject().value(u"os").toString() == u"unknown";
}

} // namespace

// What cannot be read is left out: layouts are copied with the parts of one platform only.
struct ContainerImage::LayoutWalk {
    std::vector<ImageCandidate> candidates = {};
    std::optional<app::Error> problem = {};

    void walk(const ContainerImage &image, const QJsonObject &index, const ImageCandidate &outer, int depth) {
        for (const QJsonValue entry : index.value(u"manifests").toArray()) {
            const QJsonObject descriptor = entry.toObject();
            if (isAttestation(descriptor) || candidates.size() >= maxCandidates || depth > maxDepth)
                continue;
            ImageCandidate candidate = outer;
            if (depth == 0)
                candidate.top = descriptor.value(u"digest").toString();
            if (const QStringList names = namesOf(descriptor); !names.isEmpty() && candidate.names.isEmpty())
                candidate.names = names;
            const auto json = image.readBlob(descriptor);
            const QJsonObject object = json ? QJsonDocument::fromJson(*json).object() : QJsonObject();
            if (!json)
                take(candidate, descriptor.value(u"platform").toObject(), json.error());
            else if (object.contains(u"manifests"))
                walk(image, object, candidate, depth + 1);
            else if (isImageManifest(object))
                add(image, candidate, object);
        }
    }

private:
    void add(const ContainerImage &image, ImageCandidate &candidate, const QJsonObject &manifest) {
        const QJsonObject config = manifest.value(u"config").toObject();
        const auto json = image.readBlob(config);
        if (!json)
            return take(candidate, {}, json.error());
        candidate.image = QJsonDocument::fromJson(*json).object();
        candidate.manifest = manifest;
        candidate.imageDigest = config.value(u"digest").toString();
        take(candidate, candidate.image, {});
    }

    // A platform that is told but not here still says what the image is for.
    void take(ImageCandidate &candidate, const QJsonObject &platform,
              const std::optional<app::Error> &error) {
        if (error && !problem)
            problem = error;
        candidate.os = platform.value(u"os").toString();
        candidate.architecture = platform.value(u"architecture").toString();
        candidate.variant = platform.value(u"variant").toString();
        if (!error || !candidate.architecture.isEmpty())
            candidates.push_back(candidate);
    }
};

app::Result<void> ContainerImage::openLayout(const QString &asked, const QString &architecture) {
    const auto json = readJson(u"index.json"_s);
    if (!json)
        return tl::unexpected(json.error());
    QJsonParseError problem;
    const auto index = QJsonDocument::fromJson(*json, &problem);
    if (!index.isObject()) {
        app::Error error{
            u"input"_s, u"The part 'index.json' is not a JSON object: the image is damaged."_s, {}, {}};
        if (problem.error != QJsonParseError::NoError)
            error.offset = static_cast<quint64>(problem.offset);
        return tl::unexpected(error);
    }
    LayoutWalk layout;
    layout.walk(*this, index.object(), {}, 0);
    if (layout.candidates.empty() && layout.problem)
        return tl::unexpected(*layout.problem);
    const auto chosen = chooseImage(layout.candidates, asked, architecture);
    if (!chosen)
        return tl::unexpected(chosen.error());
    if (chosen->manifest.isEmpty())
        return tl::unexpected(*layout.problem);
    takeImage(*chosen);
    for (const QJsonValue layer : chosen->manifest.value(u"layers").toArray()) {
        const QJsonObject descriptor = layer.toObject();
        if (descriptor.value(u"mediaType").toString().endsWith(u"+encrypted"))
            return app::failure(u"input"_s,
                                u"Layer %1 is encrypted. Decrypt the image first, for example with "
                                "skopeo copy --decryption-key."_s.arg(m_layers.size()));
        const auto file = blobFile(descriptor);
        if (!file)
            return tl::unexpected(file.error());
        m_layers << *file;
    }
    return {};
}

app::Result<void> ContainerImage::openDockerSave(const QString &asked, const QString &architecture) {
    const auto json = readJson(u"manifest.json"_s);
    if (!json)
        return tl::unexpected(json.error());
    std::vector<ImageCandidate> candidates;
    const QJsonArray images = QJsonDocument::fromJson(*json).array();
    for (qsizetype i = 0; i < images.size() && candidates.size() < maxCandidates; ++i) {
        ImageCandidate candidate;
        candidate.manifest = images[i].toObject();
        candidate.top = QString::number(i);
        for (const QJsonValue name : candidate.manifest.value(u"RepoTags").toArray())
            candidate.names << name.toString();
        const auto image = readJson(candidate.manifest.value(u"Config").toString());
        if (!image)
            return tl::unexpected(image.error());
        candidate.image = QJsonDocument::fromJson(*image).object();
        candidate.imageDigest =
            u"sha256:"_s +
            QString::fromLatin1(QCryptographicHash::hash(*image, QCryptographicHash::Sha256).toHex());
        candidate.os = candidate.image.value(u"os").toString();
        candidate.architecture = candidate.image.value(u"architecture").toString();
        candidate.variant = candidate.image.value(u"variant").toString();
        candidates.push_back(candidate);
    }
    const auto chosen = chooseImage(candidates, asked, architecture);
    if (!chosen)
        return tl::unexpected(chosen.error());
    takeImage(*chosen);
    for (const QJsonValue layer : chosen->manifest.value(u"Layers").toArray()) {
        const auto file = fileOf(layer.toString());
        if (!file)
            return tl::unexpected(file.error());
        m_layers << *file;
    }
    return {};
}

void ContainerImage::takeImage(const ImageCandidate &chosen) {
    m_image = chosen.image;
    m_digest = chosen.imageDigest;
    m_name = chosen.names.value(0);
    // Layouts that skopeo makes know the tag only.
    if (!m_name.isEmpty() && !m_name.contains(u':') && !m_name.contains(u'/'))
        m_name = m_title + u':' + m_name;
}

} // namespace nitroscope::formats
