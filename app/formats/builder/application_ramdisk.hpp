// SPDX-License-Identifier: GPL-2.0-or-later
//
// Ramdisk 1 of an enclave image: rootfs/, cmd and env. Folders, links and devices are written first, in the order of their
// paths; then the contents, layer by layer in the order in which the layers have them, so that nothing is kept or sought.
// The kernel only needs a file's folder to be there before it.

#pragma once

#include "app/core/output/file_writer.hpp"
#include "app/formats/builder/docker_files.hpp"
#include "app/formats/ramdisk/cpio_writer.hpp"
#include "app/formats/ramdisk/root_tree.hpp"

#include <limits>
#include <map>
#include <QSet>
#include <QStringList>
#include <span>

namespace nitroscope::formats {

inline constexpr quint64 maxRamdiskFile = std::numeric_limits<quint32>::max(); // newc's size field

class ApplicationRamdisk {
public:
    // All three must outlive it. `tree`: after makeMountPoints().
    ApplicationRamdisk(app::FileWriter &file, const RootTree &tree, bool keepsTimes);

    app::Result<void> begin();
    bool wants(int layer, quint64 content) const { return m_contents.contains({layer, content}); }
    // Pieces of one content; an empty one ends it.
    app::Result<void> take(int layer, quint64 content, std::span<const char> piece);
    app::Result<void> finish(const QStringList &command, const QStringList &environment,
                             const QList<MadeFile> &made = {});

private:
    bool makeParents(const QByteArray &path, QSet<QByteArray> &made);
    CpioHeader headerOf(const QByteArray &path, const TreeFile &entry) const;

    app::FileWriter &m_file;
    CpioWriter m_writer;
    const RootTree &m_tree;
    bool m_keepsTimes;
    std::map<std::pair<int, quint64>, QList<QByteArray>> m_contents; // Paths that share each content.
    bool m_isOpen = false;
    quint64 m_left = 0;
    quint32 m_inode = 0;
};

// What init mounts to is made a folder, whatever it was. nitro-cli puts these folders behind the image's files, and the
// kernel replaces what else has the name (init/initramfs.c, clean_path()). Those that were something else: "/tmp" …
QStringList makeMountPoints(RootTree &tree);

} // namespace nitroscope::formats
