// SPDX-License-Identifier: GPL-2.0-or-later
//
// The layers of a container image; see container_image.hpp. Contents are numbered in the order in which a
// layer has them.

#include "app/formats/container/container_image.hpp"
#include "app/formats/container/layer_archive.hpp"
#include "app/formats/ramdisk/ramdisk.hpp"
#include "app/formats/tree/value_text.hpp"

#include <archive_entry.h>
#include <map>

namespace nitroscope::formats {

namespace {

constexpr char whiteout[] = ".wh.", opaque[] = ".wh..wh..opq", ownPrefix[] = ".wh..wh.";

// What AUFS keeps for itself (.wh..wh.plnk, .wh..wh.aufs) and older Docker has in its layers: no part of the file system, but
// hard links may lead to the files in it.
bool isOfAufs(const QByteArray &path) {
    return path.startsWith(ownPrefix) && path != opaque;
}

TreeFile treeFileOf(const LayerArchive &archive, int layer) {
    archive_entry *entry = archive.entry();
    TreeFile file;
    file.mode = archive_entry_mode(entry);
    file.owner = static_cast<quint32>(archive_entry_uid(entry));
    file.group = static_cast<quint32>(archive_entry_gid(entry));
    file.modified = static_cast<quint32>(std::max<time_t>(0, archive_entry_mtime(entry)));
    file.specialMajor = static_cast<quint32>(archive_entry_rdevmajor(entry));
    file.specialMinor = static_cast<quint32>(archive_entry_rdevminor(entry));
    file.target = archive.linkTarget();
    file.layer = file.contentLayer = layer;
    if (archive.isRegular())
        file.size = static_cast<quint64>(std::max<la_int64_t>(0, archive_entry_size(entry)));
    return file;
}

} // namespace

app::Result<void> ContainerImage::addLayer(RootTree &tree, int layer) const {
    LayerArchive archive(m_layers[layer], m_limits.unpack);
    std::map<QByteArray, TreeFile> ofAufs;
    for (quint64 content = 0; true;) {
        const auto more = archive.next();
        if (!more)
            return tl::unexpected(more.error());
        if (!*more)
            return {};
        if (tree.files().size() + ofAufs.size() > m_limits.files)
            return app::failure(
                u"limit"_s,
                u"The image has more than %1 files; raise the limit if you trust it."_s.arg(m_limits.files));
        const QByteArray path = normalPath(archive.path());
        const qsizetype slash = path.lastIndexOf('/');
        const QByteArray name = path.mid(slash + 1), parent = path.left(std::max<qsizetype>(slash, 0));
        app::Result<void> done;
        if (isOfAufs(path)) {
            TreeFile file = treeFileOf(archive, layer);
            file.content = content;
            if (archive.isRegular())
                ofAufs[path] = file;
        } else if (name == opaque) {
            done = tree.clear(parent, layer);
        } else if (name.startsWith(whiteout)) {
            done = tree.remove(
                (parent.isEmpty() ? QByteArray() : parent + '/') + name.mid(sizeof whiteout - 1), layer);
        } else if (const QByteArray existing = archive.hardLinkTarget(); !existing.isEmpty()) {
            const auto found = ofAufs.find(normalPath(existing));
            done = found == ofAufs.end() ? tree.link(path, existing, layer) : tree.add(path, found->second);
        } else {
            TreeFile file = treeFileOf(archive, layer);
            file.content = content;
            done = tree.add(path, file);
        }
        content += archive.isRegular();
        if (!done)
            return done;
    }
}

app::Result<RootTree> ContainerImage::tree() const {
    RootTree tree;
    for (int layer = 0; layer < m_layers.size(); ++layer)
        if (auto done = addLayer(tree, layer); !done)
            return tl::unexpected(done.error());
    return tree;
}

app::Result<void> ContainerImage::readContents(int layer, const std::function<bool(quint64 content)> &wanted,
                                               const Take &take) const {
    LayerArchive archive(m_layers[layer], m_limits.unpack);
    for (quint64 content = 0; true;) {
        const auto more = archive.next();
        if (!more)
            return tl::unexpected(more.error());
        if (!*more)
            return {};
        if (!archive.isRegular())
            continue;
        if (wanted(content)) {
            auto done = archive.read([&](std::span<const char> piece) -> app::Result<void> {
                return piece.empty() ? app::Result<void>() : take(content, piece);
            });
            if (done)
                done = take(content, {});
            if (!done)
                return done;
        }
        ++content;
    }
}

} // namespace nitroscope::formats
