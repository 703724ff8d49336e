// SPDX-License-Identifier: GPL-2.0-or-later
//
// See ramdisk.hpp.

#include "app/formats/ramdisk/ramdisk.hpp"

#include "app/formats/tree/value_text.hpp"

#include <algorithm>
#include <map>
#include <tuple>

namespace nitroscope::formats {

quint64 Ramdisk::unpackedBytes() const {
    quint64 total = 0;
    for (const RamdiskMember &member : members)
        total += member.unpackedBytes;
    return total;
}

std::optional<quint64> Ramdisk::sourceOffset(const RamdiskEntry &entry) const {
    const RamdiskMember &member = members[entry.member];
    if (member.compression != Compression::none)
        return std::nullopt;
    return member.offset + entry.dataOffset;
}

namespace {

// The kernel finds hard links by inode and device within one archive; the content comes with any of them,
// usually the last.
void joinHardLinks(Ramdisk &ramdisk) {
    using Key = std::tuple<quint32, quint32, quint32, quint32>;
    std::map<Key, quint32> withContent;
    const auto keyOf = [](const RamdiskEntry &entry) {
        return Key{entry.archive, entry.deviceMajor, entry.deviceMinor, entry.inode};
    };
    const auto isLinked = [](const RamdiskEntry &entry) { return entry.isRegular() && entry.links > 1; };
    for (quint32 i = 0; i < ramdisk.entries.size(); ++i)
        if (const RamdiskEntry &entry = ramdisk.entries[i]; isLinked(entry) && entry.size > 0)
            withContent[keyOf(entry)] = i;
    if (withContent.empty())
        return;
    for (quint32 i = 0; i < ramdisk.entries.size(); ++i) {
        const RamdiskEntry &entry = ramdisk.entries[i];
        if (!isLinked(entry))
            continue;
        if (const auto found = withContent.find(keyOf(entry));
            found != withContent.end() && found->second != i)
            ramdisk.contents.insert(i, found->second);
    }
}

} // namespace

app::Result<Ramdisk> readRamdisk(const ByteRegion &region, const RamdiskLimits &limits) {
    Ramdisk ramdisk{.region = region};
    RamdiskReader reader(region, limits);
    while (true) {
        const auto more = reader.next();
        if (!more && more.error().code == u"cancelled"_s)
            return tl::unexpected(more.error());
        if (!more)
            ramdisk.problem = more.error();
        if (!more || !*more)
            break;
        ramdisk.entries.push_back(reader.entry());
    }
    ramdisk.members = reader.members();
    joinHardLinks(ramdisk);
    return ramdisk;
}

app::Result<std::vector<Ramdisk>> readRamdisks(const launch::ByteSource &source, const eif::Image &image,
                                               const RamdiskLimits &limits) {
    std::vector<Ramdisk> ramdisks;
    for (int i = 0; i < image.sectionCount; ++i) {
        const eif::Section &section = image.sections[static_cast<size_t>(i)];
        if (section.type != eif::SectionType::ramdisk)
            continue;
        auto ramdisk = readRamdisk({&source, section.dataOffset, section.availableSize}, limits);
        if (!ramdisk)
            return tl::unexpected(ramdisk.error());
        ramdisk->section = i;
        ramdisks.push_back(std::move(*ramdisk));
    }
    return ramdisks;
}

app::Result<QByteArray> readContent(const Ramdisk &ramdisk, const RamdiskEntry &entry, quint64 offset,
                                    quint64 length, const UnpackLimits &limits) {
    length = offset < entry.size ? std::min<quint64>(length, entry.size - offset) : 0;
    const RamdiskMember &member = ramdisk.members[entry.member];
    const ByteRegion rest = {ramdisk.region.source, member.offset,
                             ramdisk.region.offset + ramdisk.region.size - member.offset};
    QByteArray bytes(static_cast<qsizetype>(length), '\0');
    const auto out = std::as_writable_bytes(std::span(bytes.data(), static_cast<size_t>(length)));
    const quint64 start = entry.dataOffset + offset;
    if (member.compression == Compression::none) {
        if (start > rest.size || length > rest.size - start || !rest.source->read(rest.offset + start, out))
            return app::failure(u"file-changed"_s,
                                u"The file could not be read: it was changed or its disk failed."_s);
        return bytes;
    }
    auto stream = Decompressor::open(member.compression, rest, limits);
    if (!stream)
        return tl::unexpected(stream.error());
    std::vector<std::byte> scratch(256 * 1024);
    for (quint64 at = 0; at < start + length;) {
        const bool isBefore = at < start;
        const auto target = isBefore ? std::span(scratch).first(std::min<quint64>(scratch.size(), start - at))
                                     : out.subspan(static_cast<size_t>(at - start));
        const auto count = (*stream)->read(target);
        if (!count)
            return tl::unexpected(count.error());
        if (*count == 0)
            return app::failure(u"truncated"_s, u"The archive ends inside of this file."_s);
        at += *count;
    }
    return bytes;
}

QByteArray normalPath(const QByteArray &path) {
    QByteArray normal;
    for (const QByteArray &part : path.split('/'))
        if (!part.isEmpty() && part != ".")
            normal += (normal.isEmpty() ? "" : "/") + part;
    return normal;
}

bool isSuspiciousPath(const QByteArray &path) {
    return path.startsWith('/') || path.split('/').contains("..");
}

QByteArray modeText(quint32 mode) {
    QByteArray text = "?rwxrwxrwx";
    const std::pair<quint32, char> kinds[] = {{S_IFREG, '-'}, {S_IFDIR, 'd'}, {S_IFLNK, 'l'}, {S_IFCHR, 'c'},
                                              {S_IFBLK, 'b'}, {S_IFIFO, 'p'}, {S_IFSOCK, 's'}};
    for (const auto &[kind, letter] : kinds)
        if ((mode & S_IFMT) == kind)
            text[0] = letter;
    for (int bit = 0; bit < 9; ++bit)
        if (!(mode & (0400u >> bit)))
            text[1 + bit] = '-';
    const auto special = [&](quint32 bit, int at, char letter) {
        if (mode & bit)
            text[at] = text[at] == '-' ? static_cast<char>(letter - 0x20) : letter;
    };
    special(S_ISUID, 3, 's');
    special(S_ISGID, 6, 's');
    special(S_ISVTX, 9, 't');
    return text;
}

BootFiles::BootFiles(const std::vector<Ramdisk> &ramdisks) : m_ramdisks(&ramdisks) {
    for (quint32 r = 0; r < ramdisks.size(); ++r)
        for (quint32 e = 0; e < ramdisks[r].entries.size(); ++e)
            m_files.insert(normalPath(ramdisks[r].entries[e].path), {r, e});
}

std::optional<BootFiles::Place> BootFiles::find(const QByteArray &path) const {
    const auto found = m_files.constFind(path);
    return found == m_files.constEnd() ? std::nullopt : std::optional(*found);
}

std::optional<BootFiles::Place> BootFiles::resolve(const QByteArray &path, const QByteArray &root) const {
    constexpr int maxLinks = 40; // MAXSYMLINKS
    constexpr qsizetype maxParts = 4096;
    QList<QByteArray> left = normalPath(path).split('/');
    QList<QByteArray> done;
    for (int links = 0; !left.isEmpty();) {
        const QByteArray part = left.takeFirst();
        if (part == "..") {
            if (!done.isEmpty())
                done.removeLast();
            continue;
        }
        done.append(part);
        const QByteArray inside = done.join('/');
        const auto place = find(root.isEmpty() ? inside : root + '/' + inside);
        if (!place) {
            if (left.isEmpty())
                return std::nullopt;
            continue; // a folder that no entry names
        }
        if (!entry(*place).isLink()) {
            if (left.isEmpty())
                return place;
            continue;
        }
        const QByteArray target = content(*place, 4096);
        if (++links > maxLinks || target.isEmpty() || left.size() > maxParts)
            return std::nullopt;
        done.removeLast();
        if (target.startsWith('/'))
            done.clear();
        const QByteArray normal = normalPath(target);
        left = (normal.isEmpty() ? QList<QByteArray>() : normal.split('/')) + left;
    }
    return std::nullopt;
}

QByteArray BootFiles::content(Place place, quint64 length) const {
    const Ramdisk &from = ramdisk(place);
    return readContent(from, from.contentOf(place.entry), 0, length).value_or(QByteArray());
}

} // namespace nitroscope::formats
