// SPDX-License-Identifier: GPL-2.0-or-later
//
// A folder that hostile archives are unpacked into: nothing is ever written outside of it, whatever paths and
// symbolic links they hold. Paths are resolved by openat2(2) with the folder as their root, so an absolute
// link leads to a place inside; a kernel without openat2 gets a walk that follows no link at all.

#pragma once

#include "app/core/result.hpp"

#include <QByteArray>
#include <set>
#include <span>
#include <vector>

namespace nitroscope::formats {

class ExtractFolder {
public:
    // Makes the folder; it may exist when it is empty. Errors: "output".
    static app::Result<ExtractFolder> create(const QString &path);
    ExtractFolder(ExtractFolder &&other) noexcept;
    ExtractFolder &operator=(ExtractFolder &&other) = delete;
    ~ExtractFolder();

    // `path` is normal (no leading slash, no "." or ".."). Parents are made. All of these give errno, 0 =
    // done.
    int makeFolder(const QByteArray &path, unsigned mode);
    // Replaces what is there, unless it is a folder. The descriptor is open for writing, whatever the mode says; a
    // mode without that permission holds from finish() on, because more names may bring more content.
    app::Result<int> makeFile(const QByteArray &path, unsigned mode);
    // The file of that name, which keeps its other names, for writing over it from its start on. It is not emptied:
    // file systems write out at once what is written to an emptied file.
    app::Result<int> reopenFile(const QByteArray &path);
    // Of what could not be written to its end.
    void removeFile(const QByteArray &path);
    int makeLink(const QByteArray &path, const QByteArray &target);
    int makeHardLink(const QByteArray &path, const QByteArray &existing);
    void setTime(const QByteArray &path, qint64 seconds);
    // Modes of folders and of what may not be written, at the end, because they could not be filled before.
    void finish();
    // After a failure: the folder itself goes when create() has made it and nothing is in it.
    void discard();

private:
    explicit ExtractFolder(int descriptor) : m_root(descriptor) {}
    // Descriptor of a folder below the root, -errno on failure.
    int openFolder(const QByteArray &path) const;
    // Opens the parent of `path`, making what is missing; -errno on failure. `name` becomes the last part.
    int openParent(const QByteArray &path, QByteArray &name);

    int m_root = -1;
    QByteArray m_made; // Its name, when create() has made it.
    std::vector<std::pair<QByteArray, unsigned>> m_folderModes;
    std::set<QByteArray> m_readOnly; // Files.
    QByteArray m_lastParent;         // Cache: most files follow their neighbours.
    int m_lastDescriptor = -1;
};

} // namespace nitroscope::formats
