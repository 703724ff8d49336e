// SPDX-License-Identifier: GPL-2.0-or-later
//
// Writes a cpio archive in "newc" form (Linux, buffer-format.rst), entry by entry, into a device. Whatever
// would make two builds of the same input differ is the caller's: inode numbers count up here, device numbers
// are zero.

#pragma once

#include <QByteArray>
#include <QIODevice>

namespace nitroscope::formats {

struct CpioHeader {
    QByteArray path; // Relative, without "./".
    quint32 mode = 0;
    quint32 owner = 0, group = 0;
    quint32 modified = 0; // Unix seconds.
    quint32 size = 0;
    quint32 links = 1;
    quint32 inode = 0; // 0: the next number; hard links have the same.
    quint32 specialMajor = 0, specialMinor = 0;
};

// Every function gives false when the device refused; its errorString() tells why.
class CpioWriter {
public:
    explicit CpioWriter(QIODevice &device) : m_device(device) {}

    // Exactly `size` bytes of data must follow, in any number of pieces.
    bool begin(const CpioHeader &header);
    bool data(const char *bytes, qint64 count);
    bool end();
    bool entry(const CpioHeader &header, const QByteArray &content);
    bool folder(const QByteArray &path, quint32 permissions = 0755);
    bool finish();
    quint32 nextInode() { return m_nextInode++; }

private:
    bool put(const QByteArray &bytes);
    bool pad();

    QIODevice &m_device;
    quint64 m_written = 0;
    quint32 m_nextInode = 1;
};

} // namespace nitroscope::formats
