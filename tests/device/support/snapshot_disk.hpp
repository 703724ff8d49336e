// SPDX-License-Identifier: GPL-2.0-or-later
//
// An empty qcow2 image for snapshots of the machine, made without qemu-img (QEMU's docs/interop/qcow2.txt,
// version 2; big-endian): header, refcount table, refcount block, L1 table, one cluster each.
#pragma once

#include <QByteArray>
#include <QDataStream>
#include <QFile>
#include <QIODevice>

namespace nitroscope::test {

inline bool writeSnapshotDisk(const QString &path) {
    constexpr quint32 clusterBits = 16;
    constexpr qsizetype cluster = qsizetype(1) << clusterBits;
    constexpr quint64 diskSize = 1 << 20, refcountTable = cluster, refcountBlock = 2 * cluster,
                      l1Table = 3 * cluster;
    QByteArray header;
    QDataStream out(&header, QIODevice::WriteOnly);
    out << quint32(0x514649fb) << quint32(2)     // magic, version
        << quint64(0) << quint32(0)              // no backing file
        << clusterBits << diskSize << quint32(0) // not encrypted
        << quint32(1) << l1Table                 // one entry
        << refcountTable << quint32(1)           // one cluster
        << quint32(0) << quint64(0);             // no snapshots
    QByteArray image = header.leftJustified(4 * cluster, '\0');
    QByteArray entry;
    QDataStream(&entry, QIODevice::WriteOnly) << refcountBlock;
    image.replace(refcountTable, entry.size(), entry);
    for (int used = 0; used < 4; ++used)
        image[qsizetype(refcountBlock) + 2 * used + 1] = 1;
    QFile file(path);
    return file.open(QIODevice::WriteOnly) && file.write(image) == image.size();
}

} // namespace nitroscope::test
