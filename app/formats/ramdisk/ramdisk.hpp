// SPDX-License-Identifier: GPL-2.0-or-later
//
// The list of everything in a ramdisk, and the root file system that the kernel makes of all ramdisks
// together: later entries replace earlier ones, hard links share one content. Foreign bytes: what could be
// read stays, with the reason why reading stopped.

#pragma once

#include "app/formats/ramdisk/ramdisk_reader.hpp"
#include "firmware/eif/image.hpp"

#include <QHash>

namespace nitroscope::formats {

struct Ramdisk {
    ByteRegion region = {};
    int section = -1; // Index in the EIF; -1 for a file of its own.
    std::vector<RamdiskMember> members = {};
    std::vector<RamdiskEntry> entries = {};
    // For hard links without content of their own: index of the entry that has it. Few, so a map.
    QHash<quint32, quint32> contents = {};
    // Of symbolic links, as long as they are few enough to keep.
    QHash<quint32, QByteArray> targets = {};
    std::optional<app::Error> problem = {};  // Why reading stopped early.
    std::optional<app::Error> oddEntry = {}; // RamdiskReader::oddEntry().

    quint64 unpackedBytes() const;
    // The entry whose bytes are this file's content.
    const RamdiskEntry &contentOf(quint32 entry) const { return entries[contents.value(entry, entry)]; }
    // Where the content lies in the source, when its member is not compressed.
    std::optional<quint64> sourceOffset(const RamdiskEntry &entry) const;
};

// Reads headers and names only. Errors: "cancelled"; every other one is in `problem`.
app::Result<Ramdisk> readRamdisk(const ByteRegion &region, const RamdiskLimits &limits = {});
// All of an image, in file order. The output limit holds for each.
app::Result<std::vector<Ramdisk>> readRamdisks(const launch::ByteSource &source, const eif::Image &image,
                                               const RamdiskLimits &limits = {});

// Content of one entry from `offset` on, at most `length` bytes. In a compressed member everything before it
// is unpacked first. Errors as RamdiskReader.
app::Result<QByteArray> readContent(const Ramdisk &ramdisk, const RamdiskEntry &entry, quint64 offset,
                                    quint64 length, const UnpackLimits &limits = {});

// "rootfs/bin/sh" for "./rootfs//bin/sh" and "/rootfs/bin/sh"; empty for the root itself. ".." stays.
QByteArray normalPath(const QByteArray &path);
// Whether it ends with a slash, so that it leads to a folder or nowhere.
bool namesFolder(const QByteArray &path);
// Whether it has a ".." or is absolute.
bool isSuspiciousPath(const QByteArray &path);

// "drwxr-xr-x", as ls does.
QByteArray modeText(quint32 mode);

// What the kernel sees when init starts (init/initramfs.c): it makes the entries one after the other, through symbolic
// links that are there by then, and leaves out what cannot be made.
class BootFiles {
public:
    explicit BootFiles(const std::vector<Ramdisk> &ramdisks);

    struct Place {
        quint32 ramdisk = 0, entry = 0;
    };
    // By normal path, not through symbolic links.
    std::optional<Place> find(const QByteArray &path) const;
    // Follows symbolic links, as the kernel would within `root` (a normal path, such as "rootfs"); at
    // most 40. The target of a link must be read, so limits apply. Nothing when it leads nowhere.
    std::optional<Place> resolve(const QByteArray &path, const QByteArray &root = {}) const;
    // The normal path below `root` that this leads to; empty for the root itself.
    std::optional<QByteArray> resolvedPath(const QByteArray &path, const QByteArray &root = {}) const;
    // The same; the error is the kernel's errno: ENOENT, ENOTDIR or ELOOP.
    tl::expected<QByteArray, int> lookUp(const QByteArray &path, const QByteArray &root = {}) const;
    bool isFolder(const QByteArray &path, const QByteArray &root = {}) const;
    const RamdiskEntry &entry(Place place) const { return (*m_ramdisks)[place.ramdisk].entries[place.entry]; }
    const Ramdisk &ramdisk(Place place) const { return (*m_ramdisks)[place.ramdisk]; }
    const QHash<QByteArray, Place> &all() const { return m_files; }
    enum class Reason {
        noFolder,       // There is no folder to be in.
        folderInTheWay, // A folder has the name, which is not empty, so that rmdir() fails.
        hasContent,     // Only files and symbolic links have any.
        longTarget,     // Of a symbolic link, over PATH_MAX.
        slash,          // Behind the name, which only folders may have.
    };
    struct LeftOut {
        Place place;
        Reason reason;
    };
    const std::vector<LeftOut> &leftOut() const { return m_leftOut; }
    // Up to `length` bytes of a file's content, hard links followed; empty when it cannot be read.
    QByteArray content(Place place, quint64 length) const;

private:
    void add(Place place);
    QByteArray target(Place place) const;

    const std::vector<Ramdisk> *m_ramdisks;
    QHash<QByteArray, Place> m_files;
    QHash<QByteArray, quint32> m_counts; // What is in each folder.
    std::vector<LeftOut> m_leftOut;
    // Entries follow their neighbours: the folder of the last one, and where it is.
    QByteArray m_lastFolder;
    std::optional<QByteArray> m_lastResolved = QByteArray();
};

} // namespace nitroscope::formats
