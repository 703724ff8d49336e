// SPDX-License-Identifier: GPL-2.0-or-later
//
// See application_ramdisk.hpp.

#include "app/formats/builder/application_ramdisk.hpp"

#include "app/formats/tree/value_text.hpp"

#include <sys/stat.h>

namespace nitroscope::formats {

using namespace Qt::Literals::StringLiterals;

namespace {

constexpr const char *mountPoints[] = {"dev", "proc", "run", "sys", "tmp", "var"}; // and /var, as nitro-cli

// Bytes as nitro-cli writes them: one per line.
QByteArray linesOf(const QStringList &words) {
    QByteArray text;
    for (const QString &word : words)
        text += word.toUtf8() + '\n';
    return text;
}

} // namespace

QStringList makeMountPoints(RootTree &tree) {
    QStringList replaced;
    for (const char *name : mountPoints) {
        const auto found = tree.files().find(name);
        if (found == tree.files().end() || S_ISDIR(found->second.mode))
            continue;
        replaced << u'/' + QString::fromLatin1(name);
        tree.replaceByFolder(name);
    }
    return replaced;
}

ApplicationRamdisk::ApplicationRamdisk(app::FileWriter &file, const RootTree &tree, bool keepsTimes)
    : m_file(file), m_writer(file), m_tree(tree), m_keepsTimes(keepsTimes) {
    for (const auto &[path, entry] : tree.files())
        if (S_ISREG(entry.mode))
            m_contents[{entry.contentLayer, entry.content}] << path;
}

app::Result<void> ApplicationRamdisk::begin() {
    bool isGood = m_writer.folder("rootfs");
    QSet<QByteArray> made;
    for (const auto &[path, entry] : m_tree.files()) {
        if (S_ISREG(entry.mode))
            continue;
        isGood &= makeParents(path, made);
        if (S_ISDIR(entry.mode))
            made.insert(path);
        isGood &= m_writer.entry(headerOf(path, entry), S_ISLNK(entry.mode) ? entry.target : QByteArray());
    }
    for (const auto &[path, entry] : m_tree.files())
        if (S_ISREG(entry.mode))
            isGood &= makeParents(path, made);
    // What init mounts to must exist.
    for (const char *name : mountPoints)
        if (!m_tree.files().contains(name) && !made.contains(name))
            isGood &= m_writer.folder(QByteArray("rootfs/") + name, qstrcmp(name, "tmp") == 0 ? 01777 : 0755);
    return isGood ? app::Result<void>() : app::Result<void>(m_file.problem());
}

app::Result<void> ApplicationRamdisk::take(int layer, quint64 content, std::span<const char> piece) {
    const auto found = m_contents.find({layer, content});
    if (found == m_contents.end())
        return {};
    const QList<QByteArray> &paths = found->second;
    const TreeFile &entry = m_tree.files().at(paths.first());
    if (!m_isOpen) {
        if (entry.size > maxRamdiskFile)
            return app::failure(u"input"_s, u"'%1' has %2; a ramdisk's file takes less than 4 GiB."_s.arg(
                                                printableText(paths.first()), sizeText(entry.size)));
        CpioHeader header = headerOf(paths.first(), entry);
        header.size = static_cast<quint32>(entry.size);
        header.links = static_cast<quint32>(paths.size());
        header.inode = m_inode = m_writer.nextInode();
        if (!m_writer.begin(header))
            return m_file.problem();
        m_isOpen = true;
        m_left = entry.size;
    }
    if (piece.size() > m_left || (piece.empty() && m_left > 0))
        return app::failure(u"input"_s,
                            u"'%1' changed while it was read."_s.arg(printableText(paths.first())));
    m_left -= piece.size();
    if (!piece.empty())
        return m_writer.data(piece.data(), static_cast<qint64>(piece.size()))
                   ? app::Result<void>()
                   : app::Result<void>(m_file.problem());
    m_isOpen = false;
    bool isGood = m_writer.end();
    for (qsizetype i = 1; i < paths.size(); ++i) {
        CpioHeader link = headerOf(paths[i], m_tree.files().at(paths[i]));
        link.links = static_cast<quint32>(paths.size());
        link.inode = m_inode;
        isGood &= m_writer.entry(link, {});
    }
    return isGood ? app::Result<void>() : app::Result<void>(m_file.problem());
}

app::Result<void> ApplicationRamdisk::finish(const QStringList &command, const QStringList &environment,
                                             const QList<MadeFile> &made) {
    bool isGood = true;
    for (const MadeFile &file : made)
        isGood &= m_writer.entry({.path = "rootfs/" + file.path, .mode = S_IFREG | 0644}, file.content);
    isGood = isGood && m_writer.entry({.path = "cmd", .mode = S_IFREG | 0644}, linesOf(command)) &&
             m_writer.entry({.path = "env", .mode = S_IFREG | 0644}, linesOf(environment)) &&
             m_writer.finish();
    return isGood ? app::Result<void>() : app::Result<void>(m_file.problem());
}

// Folders that the tree does not name.
bool ApplicationRamdisk::makeParents(const QByteArray &path, QSet<QByteArray> &made) {
    bool isGood = true;
    for (qsizetype slash = path.indexOf('/'); slash >= 0; slash = path.indexOf('/', slash + 1)) {
        const QByteArray folder = path.left(slash);
        if (made.contains(folder) || m_tree.files().contains(folder))
            continue;
        made.insert(folder);
        isGood &= m_writer.folder("rootfs/" + folder);
    }
    return isGood;
}

CpioHeader ApplicationRamdisk::headerOf(const QByteArray &path, const TreeFile &entry) const {
    return {.path = "rootfs/" + path,
            .mode = entry.mode,
            .owner = entry.owner,
            .group = entry.group,
            .modified = m_keepsTimes ? entry.modified : 0,
            .links = S_ISDIR(entry.mode) ? 2u : 1u,
            .specialMajor = entry.specialMajor,
            .specialMinor = entry.specialMinor};
}

} // namespace nitroscope::formats
