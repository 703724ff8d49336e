// SPDX-License-Identifier: GPL-2.0-or-later
//
// A tar archive, compressed or not, read by libarchive. Only its built-in filters are used: none that would
// start another program.

#pragma once

#include "app/formats/compression/decompress.hpp"

#include <QCryptographicHash>

struct archive;
struct archive_entry;

namespace nitroscope::formats {

class LayerArchive {
public:
    LayerArchive(const QString &path, const UnpackLimits &limits);
    ~LayerArchive();
    LayerArchive(const LayerArchive &) = delete;
    LayerArchive &operator=(const LayerArchive &) = delete;

    // False behind the last entry. Errors: "input", "limit", "cancelled".
    app::Result<bool> next();
    QByteArray path() const;
    QByteArray linkTarget() const;     // Of a symbolic link; else empty.
    QByteArray hardLinkTarget() const; // Of a hard link; else empty.
    bool isRegular() const;            // Has content of its own.
    archive_entry *entry() const { return m_entry; }
    // All of the entry's content; holes of sparse files as zeros.
    app::Result<void> read(const std::function<app::Result<void>(std::span<const char>)> &take);

private:
    tl::unexpected<app::Error> fail() const;

    QString m_path;
    UnpackLimits m_limits;
    archive *m_archive;
    archive_entry *m_entry = nullptr;
    bool m_isOpen = false;
    quint64 m_total = 0;
};

// Of an archive without its compression. Errors as LayerArchive.
app::Result<QByteArray> unpackedDigest(const QString &path, QCryptographicHash::Algorithm algorithm,
                                       const UnpackLimits &limits);

} // namespace nitroscope::formats
