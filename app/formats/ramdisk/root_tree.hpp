// SPDX-License-Identifier: GPL-2.0-or-later
//
// A root file system that is being put together from a folder or from the layers of a container image (OCI
// image-spec, "Image Layer Filesystem Changeset"): names and attributes only, the contents stay where they
// are until they are written. Layers may hold whiteouts, and paths through symbolic links of lower layers.

#pragma once

#include "app/core/result.hpp"

#include <map>
#include <QByteArray>

namespace nitroscope::formats {

struct TreeFile {
    quint32 mode = 0; // With its kind.
    quint32 owner = 0, group = 0;
    quint32 modified = 0;
    quint32 specialMajor = 0, specialMinor = 0;
    quint64 size = 0;
    QByteArray target = {}; // Of a symbolic link.
    int layer = 0;
    quint64 content = 0; // Of a regular file: which content of the layer; hard links have the same.
    // The layer that has the content; differs from `layer` for a hard link to a file of a lower one.
    int contentLayer = 0;
};

class RootTree {
public:
    // By path, without leading slash; folders stand before what is in them.
    const std::map<QByteArray, TreeFile> &files() const { return m_files; }

    // Adds or replaces; a folder over a folder keeps what is in it. Errors: "input" (a path that leaves the
    // root, or leads through something that is not a folder).
    app::Result<void> add(const QByteArray &path, const TreeFile &file);
    // A hard link to what is there already.
    app::Result<void> link(const QByteArray &path, const QByteArray &existing, int layer);
    // A whiteout: removes it and everything below, as far as it is from lower layers.
    app::Result<void> remove(const QByteArray &path, int layer);
    // An opaque whiteout: removes what is in the folder, as far as it is from lower layers.
    app::Result<void> clear(const QByteArray &folder, int layer);
    // Removes what is at this path itself, whatever it is, with everything below; links in it are not followed.
    void discard(const QByteArray &path);
    // An empty folder in its place.
    void replaceByFolder(const QByteArray &path);

private:
    // The path with symbolic links of its parents followed.
    app::Result<QByteArray> resolve(const QByteArray &path) const;
    void erase(const QByteArray &path, int belowLayer);
    void eraseInside(const QByteArray &path, int belowLayer);

    std::map<QByteArray, TreeFile> m_files;
};

} // namespace nitroscope::formats
