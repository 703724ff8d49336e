// SPDX-License-Identifier: GPL-2.0-or-later
//
// Walks a ramdisk section file by file, the way the kernel does when it fills its root file system (Linux,
// Documentation/driver-api/early-userspace/buffer-format.rst; init/initramfs.c): cpio archives in "newc" or
// "crc" form, one behind the other, each member compressed or not, zero bytes between them. One pass, small
// memory; the content of a file that nobody reads is skipped, in members without compression even without
// touching it.

#pragma once

#include "app/formats/compression/decompress.hpp"

#include <sys/stat.h>
#include <tuple>

namespace nitroscope::formats {

// One cpio entry. Numbers as in its header (8 hex digits each).
struct RamdiskEntry {
    QByteArray path; // As it stands there: may be absolute, hold "..", or anything else.
    quint32 inode = 0, mode = 0, owner = 0, group = 0, links = 0;
    quint32 modified = 0; // Unix seconds.
    quint32 size = 0;     // Bytes of content; a symbolic link's content is its target.
    quint32 deviceMajor = 0, deviceMinor = 0, specialMajor = 0, specialMinor = 0;
    quint32 checksum = 0;     // Sum of all bytes; only in the "crc" form.
    quint32 member = 0;       // Index into members().
    quint32 archive = 0;      // Counts over the whole ramdisk; hard links hold within one archive.
    quint64 headerOffset = 0; // Where the header starts in the member's unpacked bytes.
    quint64 dataOffset = 0;   // Likewise its content.

    bool isRegular() const { return (mode & S_IFMT) == S_IFREG; }
    bool isFolder() const { return (mode & S_IFMT) == S_IFDIR; }
    bool isLink() const { return (mode & S_IFMT) == S_IFLNK; }
    // One of several names of a file. Its content comes with any of them, usually the first or the last.
    bool isHardLinked() const { return isRegular() && links > 1; }
    // The same for all names of a file: archive, device and inode (init/initramfs.c, find_link()).
    using LinkKey = std::tuple<quint32, quint32, quint32, quint32>;
    LinkKey linkKey() const { return {archive, deviceMajor, deviceMinor, inode}; }
};

// A stretch of the section: plain archives, or one compressed member.
struct RamdiskMember {
    Compression compression = Compression::none;
    quint64 offset = 0;        // In the source.
    quint64 packedBytes = 0;   // In the source.
    quint64 unpackedBytes = 0; // Headers, names, content and padding.
    quint32 entries = 0;       // Without the trailers.
    quint64 windowBytes = 0;   // Decompressor::windowBytes(), of a member that was read to its end.
    QString remark = {};       // Likewise.
};

struct RamdiskLimits {
    UnpackLimits unpack = {}; // outputBytes holds for all members together.
    quint64 entries = 2'000'000;
};

class RamdiskReader {
public:
    explicit RamdiskReader(const ByteRegion &section, RamdiskLimits limits = {});
    ~RamdiskReader();

    // Goes to the next entry; false behind the last. Errors: those of Decompressor, "damaged" (no archive
    // where one should be; the kernel stops there, too), "limit".
    app::Result<bool> next();
    const RamdiskEntry &entry() const { return m_entry; }
    // Content of the entry, from where the last read ended; 0 at its end.
    app::Result<size_t> read(std::span<std::byte> out);
    // Of what has been walked so far.
    const std::vector<RamdiskMember> &members() const { return m_members; }
    // The first entry that the kernel takes otherwise than other programs: it passes it over when its name cannot be, and
    // makes what it can of numbers that are none. Where, and why.
    const std::optional<app::Error> &oddEntry() const { return m_oddEntry; }

private:
    class Stream;

    app::Result<bool> openMember();
    void closeMember();
    app::Result<bool> skipZeros();
    app::Result<void> readHeader();
    app::Result<void> endContent();
    tl::unexpected<app::Error> fail(const char *code, const QString &message) const;

    ByteRegion m_section;
    RamdiskLimits m_limits;
    std::unique_ptr<Stream> m_stream;
    std::vector<RamdiskMember> m_members;
    RamdiskEntry m_entry;
    quint64 m_position = 0; // Of the section, where the next member starts.
    quint64 m_dataLeft = 0, m_paddingLeft = 0;
    quint32 m_sum = 0; // Of the content's bytes so far, in the "crc" form.
    bool m_hasChecksum = false;
    bool m_isPassedOver = false; // This entry.
    std::optional<app::Error> m_oddEntry;
    quint64 m_unpackedBefore = 0; // By the members before this one.
    quint64 m_entries = 0;
    quint32 m_archive = 0;
};

} // namespace nitroscope::formats
