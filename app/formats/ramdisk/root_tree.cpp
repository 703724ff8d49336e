// SPDX-License-Identifier: GPL-2.0-or-later
//
// See root_tree.hpp.

#include "app/formats/ramdisk/root_tree.hpp"

#include "app/formats/ramdisk/ramdisk.hpp"
#include "app/formats/tree/value_text.hpp"

#include <limits>

namespace nitroscope::formats {

namespace {

constexpr int everyLayer = std::numeric_limits<int>::max();

} // namespace

app::Result<QByteArray> RootTree::resolve(const QByteArray &path) const {
    constexpr int maxLinks = 40;
    // PATH_MAX less the end and "rootfs/", and NAME_MAX: the kernel leaves out what is longer.
    constexpr qsizetype longest = 4095 - 7, longestPart = 255;
    QList<QByteArray> left = normalPath(path).split('/');
    QByteArray done;
    for (int links = 0; !left.isEmpty();) {
        const QByteArray part = left.takeFirst();
        if (part.isEmpty())
            continue;
        if (part == "..") {
            done.truncate(std::max<qsizetype>(0, done.lastIndexOf('/')));
            continue;
        }
        const QByteArray inside = done.isEmpty() ? part : done + '/' + part;
        const auto found = m_files.find(inside);
        if (left.isEmpty() || found == m_files.end() || (found->second.mode & S_IFMT) == S_IFDIR) {
            done = inside;
        } else if ((found->second.mode & S_IFMT) == S_IFLNK && ++links <= maxLinks) {
            if (found->second.target.startsWith('/'))
                done.clear();
            left = normalPath(found->second.target).split('/') + left;
        } else {
            return app::failure(
                u"input"_s,
                u"The path '%1' leads through something that is not a folder."_s.arg(printableText(path)));
        }
        if (done.size() > longest || part.size() > longestPart)
            return app::failure(
                u"input"_s,
                u"'%1' is too long: the kernel takes names of 255 bytes and, in an enclave, paths of %2."_s
                    .arg(printableText(part.size() > longestPart ? part : path), QString::number(longest)));
    }
    return done;
}

void RootTree::eraseInside(const QByteArray &path, int belowLayer) {
    // '0' is the character behind '/', so this range is everything below the folder.
    const auto from = path.isEmpty() ? m_files.begin() : m_files.lower_bound(path + '/');
    const auto to = path.isEmpty() ? m_files.end() : m_files.lower_bound(path + '0');
    for (auto it = from; it != to;)
        it = it->second.layer < belowLayer ? m_files.erase(it) : std::next(it);
}

void RootTree::erase(const QByteArray &path, int belowLayer) {
    eraseInside(path, belowLayer);
    if (const auto found = m_files.find(path); found != m_files.end() && found->second.layer < belowLayer)
        m_files.erase(found);
}

app::Result<void> RootTree::add(const QByteArray &path, const TreeFile &file) {
    if (path.split('/').contains(".."))
        return app::failure(u"input"_s, u"The path '%1' leaves the root."_s.arg(printableText(path)));
    const auto place = resolve(path);
    if (!place)
        return tl::unexpected(place.error());
    if (place->isEmpty())
        return {}; // the root itself
    if ((file.mode & S_IFMT) != S_IFDIR)
        eraseInside(*place, everyLayer);
    // Folders that no layer names are there all the same, and stay when what is in them goes.
    for (qsizetype slash = place->indexOf('/'); slash >= 0; slash = place->indexOf('/', slash + 1))
        m_files.try_emplace(place->first(slash), TreeFile{.mode = S_IFDIR | 0755, .layer = file.layer});
    m_files[*place] = file;
    return {};
}

void RootTree::discard(const QByteArray &path) {
    erase(path, everyLayer);
}

void RootTree::replaceByFolder(const QByteArray &path) {
    discard(path);
    m_files[path] = {.mode = S_IFDIR | 0755};
}

app::Result<void> RootTree::link(const QByteArray &path, const QByteArray &existing, int layer) {
    const auto from = resolve(existing);
    if (!from)
        return tl::unexpected(from.error());
    const auto found = m_files.find(*from);
    if (found == m_files.end() || (found->second.mode & S_IFMT) == S_IFDIR)
        return app::failure(u"input"_s, u"'%1' is a hard link to '%2', which is not there."_s.arg(
                                            printableText(path), printableText(existing)));
    TreeFile file = found->second;
    file.layer = layer;
    return add(path, file);
}

app::Result<void> RootTree::remove(const QByteArray &path, int layer) {
    const auto place = resolve(path);
    if (!place)
        return tl::unexpected(place.error());
    if (!place->isEmpty())
        erase(*place, layer);
    return {};
}

app::Result<void> RootTree::clear(const QByteArray &folder, int layer) {
    // A part below it makes resolve() follow the folder itself when it is a link.
    auto place = resolve(folder + "/-");
    if (!place)
        return tl::unexpected(place.error());
    place->truncate(std::max<qsizetype>(0, place->lastIndexOf('/')));
    eraseInside(*place, layer);
    return {};
}

} // namespace nitroscope::formats
