// SPDX-License-Identifier: GPL-2.0-or-later
//
// A container image on disk, without any daemon: an OCI image layout (image-spec, image-layout.md) as a
// folder or as an archive, or what `docker save` writes. Gives its configuration and the tree of its layers;
// digests are checked. Foreign bytes: paths, sizes and numbers of files are bounded.

#pragma once

#include "app/formats/compression/decompress.hpp"
#include "app/formats/container/image_choice.hpp"
#include "app/formats/container/image_reference.hpp"
#include "app/formats/ramdisk/root_tree.hpp"

#include <QJsonObject>
#include <QTemporaryDir>

namespace nitroscope::formats {

using namespace Qt::Literals::StringLiterals;

struct ContainerLimits {
    UnpackLimits unpack = {}; // outputBytes holds for all contents together.
    quint64 files = 2'000'000;
};

class ContainerImage {
public:
    // `architecture` is "amd64" or "arm64", or empty for either; an image for another one is refused.
    // `scratchFolder` takes a copy of an archive's parts while the object lives. Errors: "input", "limit",
    // "cancelled".
    static app::Result<ContainerImage> open(const ImageReference &reference, const QString &architecture,
                                            const QString &scratchFolder, const ContainerLimits &limits = {});

    // `Config` of the image: Cmd, Entrypoint, Env, User, WorkingDir ...
    QJsonObject config() const { return m_image.value(u"config"_s).toObject(); }
    // The part of `docker inspect` that can be known from the file.
    QJsonObject inspect() const;
    // "amd64", "arm64"; empty when nothing tells it.
    QString architecture() const { return m_image.value(u"architecture"_s).toString(); }
    QString name() const { return m_name; }     // "repository:tag"; empty when nothing tells it.
    QString title() const { return m_title; }   // Of the folder or file.
    QString digest() const { return m_digest; } // "sha256:…" of the configuration, the image's id.
    qsizetype layerCount() const { return m_layers.size(); }

    // All layers on top of each other.
    app::Result<RootTree> tree() const;

    // Passes through one layer again. `wanted(content)` says whether a content is asked for; then `take`
    // gets its bytes piece by piece, and finally an empty piece. Both errors end it.
    using Take = std::function<app::Result<void>(quint64 content, std::span<const char> piece)>;
    app::Result<void> readContents(int layer, const std::function<bool(quint64 content)> &wanted,
                                   const Take &take) const;

private:
    struct LayoutWalk;
    ContainerImage() = default;
    app::Result<void> unpackArchive(const QString &path, const QString &scratchFolder);
    app::Result<void> openLayout(const QString &asked, const QString &architecture);
    app::Result<void> openDockerSave(const QString &asked, const QString &architecture);
    void takeImage(const ImageCandidate &chosen);
    app::Result<void> checkLayers() const;
    app::Result<QString> fileOf(const QString &name) const;
    app::Result<QString> blobFile(const QJsonObject &descriptor) const;
    app::Result<QByteArray> readJson(const QString &name) const;
    app::Result<QByteArray> readBlob(const QJsonObject &descriptor) const;
    app::Result<void> addLayer(RootTree &tree, int layer) const;

    QString m_folder;                // Of a layout on disk, without links; empty for an archive.
    QHash<QString, QString> m_parts; // Of an archive: name → file in the scratch folder.
    std::shared_ptr<QTemporaryDir> m_scratch;
    QStringList m_layers; // Files.
    QJsonObject m_image;
    QString m_name, m_title, m_digest;
    ContainerLimits m_limits;
};

} // namespace nitroscope::formats
