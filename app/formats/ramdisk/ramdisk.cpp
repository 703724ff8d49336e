// SPDX-License-Identifier: GPL-2.0-or-later
//
// See ramdisk.hpp.

#include "app/formats/ramdisk/ramdisk.hpp"

#include "app/formats/tree/value_text.hpp"

#include <algorithm>
#include <cerrno>
#include <map>

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

void joinHardLinks(Ramdisk &ramdisk) {
    std::map<RamdiskEntry::LinkKey, quint32> withContent;
    for (quint32 i = 0; i < ramdisk.entries.size(); ++i)
        if (const RamdiskEntry &entry = ramdisk.entries[i]; entry.isHardLinked() && entry.size > 0)
            withContent[entry.linkKey()] = i;
    if (withContent.empty())
        return;
    for (quint32 i = 0; i < ramdisk.entries.size(); ++i) {
        const RamdiskEntry &entry = ramdisk.entries[i];
        if (!entry.isHardLinked())
            continue;
        if (const auto found = withContent.find(entry.linkKey());
            found != withContent.end() && found->second != i)
            ramdisk.contents.insert(i, found->second);
    }
}

} // namespace

namespace {

// Content of a symbolic link; what cannot be read ends the next step of the reader, too.
QByteArray readTarget(RamdiskReader &reader) {
    QByteArray target(static_cast<qsizetype>(reader.entry().size), '\0');
    for (qsizetype done = 0; done < target.size();) {
        const auto count = reader.read(std::as_writable_bytes(
            std::span(target.data() + done, static_cast<size_t>(target.size() - done))));
        if (!count || *count == 0)
            return {};
        done += static_cast<qsizetype>(*count);
    }
    return target;
}

} // namespace

app::Result<Ramdisk> readRamdisk(const ByteRegion &region, const RamdiskLimits &limits) {
    constexpr quint32 maxTarget = 4096;               // PATH_MAX
    constexpr quint64 maxTargets = quint64{16} << 20; // Bytes of all.
    Ramdisk ramdisk{.region = region};
    RamdiskReader reader(region, limits);
    for (quint64 targets = 0; true;) {
        const auto more = reader.next();
        if (!more && more.error().code == u"cancelled"_s)
            return tl::unexpected(more.error());
        if (!more)
            ramdisk.problem = more.error();
        if (!more || !*more)
            break;
        const RamdiskEntry &entry = reader.entry();
        if (entry.isLink() && entry.size <= maxTarget && targets + entry.size <= maxTargets) {
            targets += entry.size;
            ramdisk.targets.insert(static_cast<quint32>(ramdisk.entries.size()), readTarget(reader));
        }
        ramdisk.entries.push_back(entry);
    }
    ramdisk.members = reader.members();
    ramdisk.oddEntry = reader.oddEntry();
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
    // Most are, and share their bytes then.
    const auto isNormal = [&path] {
        qsizetype start = 0;
        while (true) {
            const qsizetype slash = path.indexOf('/', start), end = slash < 0 ? path.size() : slash;
            if (end == start || (end == start + 1 && path[start] == '.'))
                return false;
            if (slash < 0)
                return true;
            start = slash + 1;
        }
    };
    if (isNormal())
        return path;
    QByteArray normal;
    for (const QByteArray &part : path.split('/'))
        if (!part.isEmpty() && part != ".")
            normal += (normal.isEmpty() ? "" : "/") + part;
    return normal;
}

bool namesFolder(const QByteArray &path) {
    return path.endsWith('/') || path.endsWith("/.");
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

namespace {

constexpr qsizetype maxTargetLength = 4096; // PATH_MAX

// What the archive that every kernel carries has (usr/default_cpio_list).
bool isBuiltInFolder(const QByteArray &path) {
    return path == "dev" || path == "root";
}

} // namespace

BootFiles::BootFiles(const std::vector<Ramdisk> &ramdisks) : m_ramdisks(&ramdisks) {
    for (quint32 r = 0; r < ramdisks.size(); ++r)
        for (quint32 e = 0; e < ramdisks[r].entries.size(); ++e)
            add({r, e});
}

void BootFiles::add(Place place) {
    const QByteArray path = normalPath(entry(place).path);
    const qsizetype slash = path.lastIndexOf('/');
    const QByteArray folder = path.first(std::max<qsizetype>(slash, 0)), name = path.mid(slash + 1);
    if (name.isEmpty() || name == "..")
        return; // the root itself, or a folder that is there
    if (folder != m_lastFolder) {
        m_lastFolder = folder;
        m_lastResolved = isFolder(folder) ? resolvedPath(folder) : std::nullopt;
    }
    const RamdiskEntry &made = entry(place);
    if (made.size > 0 && !made.isRegular() && !made.isLink())
        return m_leftOut.push_back({place, Reason::hasContent});
    if (made.isLink() && made.size > maxTargetLength)
        return m_leftOut.push_back({place, Reason::longTarget});
    if (!m_lastResolved)
        return m_leftOut.push_back({place, Reason::noFolder});
    if (namesFolder(made.path) && !made.isFolder())
        return m_leftOut.push_back({place, Reason::slash});
    const QByteArray key = *m_lastResolved == folder   ? path
                           : m_lastResolved->isEmpty() ? name
                                                       : *m_lastResolved + '/' + name;
    const auto known = m_files.find(key);
    const bool isFolder = known != m_files.end() ? entry(*known).isFolder() : isBuiltInFolder(key);
    const bool isKept = known != m_files.end() && isFolder && made.isFolder();
    if (isFolder && !made.isFolder() &&
        (key == "dev" || m_counts.value(key) > 0)) // every kernel has /dev/console
        return m_leftOut.push_back({place, Reason::folderInTheWay});
    if (known == m_files.end()) {
        ++m_counts[*m_lastResolved];
        m_files.insert(key, place);
    } else {
        *known = place;
    }
    if (!isKept) { // the next folder may lead through it, or not any more
        m_lastFolder.clear();
        m_lastResolved = QByteArray();
    }
}

std::optional<BootFiles::Place> BootFiles::find(const QByteArray &path) const {
    const auto found = m_files.constFind(path);
    return found == m_files.constEnd() ? std::nullopt : std::optional(*found);
}

bool BootFiles::isFolder(const QByteArray &path, const QByteArray &root) const {
    const auto resolved = resolvedPath(path, root);
    if (!resolved)
        return false;
    const auto place = find(root.isEmpty() ? *resolved : resolved->isEmpty() ? root : root + '/' + *resolved);
    return place ? entry(*place).isFolder() : resolved->isEmpty() || isBuiltInFolder(*resolved);
}

std::optional<BootFiles::Place> BootFiles::resolve(const QByteArray &path, const QByteArray &root) const {
    const auto resolved = resolvedPath(path, root);
    if (!resolved || resolved->isEmpty())
        return std::nullopt;
    return find(root.isEmpty() ? *resolved : root + '/' + *resolved);
}

std::optional<QByteArray> BootFiles::resolvedPath(const QByteArray &path, const QByteArray &root) const {
    auto found = lookUp(path, root);
    return found ? std::optional(std::move(*found)) : std::nullopt;
}

tl::expected<QByteArray, int> BootFiles::lookUp(const QByteArray &path, const QByteArray &root) const {
    constexpr int maxLinks = 40; // MAXSYMLINKS
    constexpr qsizetype maxParts = 4096;
    const auto partsOf = [](const QByteArray &text) {
        const QByteArray normal = normalPath(text);
        return normal.isEmpty() ? QList<QByteArray>() : normal.split('/');
    };
    QList<QByteArray> left = partsOf(path), done;
    bool wantsFolder = namesFolder(path);
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
        if (!place && !(root.isEmpty() && isBuiltInFolder(inside)))
            return tl::unexpected(ENOENT);
        if (!place || entry(*place).isFolder())
            continue;
        if (!entry(*place).isLink()) {
            if (left.isEmpty() && !wantsFolder)
                break;
            return tl::unexpected(ENOTDIR); // nothing is below a file
        }
        const QByteArray text = target(*place);
        if (++links > maxLinks || left.size() > maxParts)
            return tl::unexpected(ELOOP);
        if (text.isEmpty())
            return tl::unexpected(ENOENT);
        done.removeLast();
        if (text.startsWith('/'))
            done.clear();
        wantsFolder = wantsFolder || (left.isEmpty() && namesFolder(text));
        left = partsOf(text) + left;
    }
    return done.join('/');
}

QByteArray BootFiles::target(Place place) const {
    const auto &kept = ramdisk(place).targets;
    const auto found = kept.constFind(place.entry);
    return found == kept.constEnd() ? content(place, maxTargetLength) : *found;
}

QByteArray BootFiles::content(Place place, quint64 length) const {
    const Ramdisk &from = ramdisk(place);
    return readContent(from, from.contentOf(place.entry), 0, length).value_or(QByteArray());
}

} // namespace nitroscope::formats
