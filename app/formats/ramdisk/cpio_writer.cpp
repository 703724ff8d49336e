// SPDX-License-Identifier: GPL-2.0-or-later
//
// See cpio_writer.hpp.

#include "app/formats/ramdisk/cpio_writer.hpp"

#include "app/formats/ramdisk/cpio_magic.hpp"

#include <sys/stat.h>

namespace nitroscope::formats {

bool CpioWriter::put(const QByteArray &bytes) {
    return data(bytes.constData(), bytes.size());
}

bool CpioWriter::data(const char *bytes, qint64 count) {
    m_written += static_cast<quint64>(count);
    return m_device.write(bytes, count) == count;
}

bool CpioWriter::pad() {
    return put(QByteArray(static_cast<qsizetype>((4 - m_written % 4) % 4), '\0'));
}

bool CpioWriter::begin(const CpioHeader &header) {
    const quint32 inode = header.inode != 0 ? header.inode : nextInode();
    QByteArray text = cpio::newc.toByteArray();
    for (const quint32 value :
         {inode, header.mode, header.owner, header.group, header.links, header.modified, header.size, 0u, 0u,
          header.specialMajor, header.specialMinor, static_cast<quint32>(header.path.size() + 1), 0u})
        text += QByteArray::number(value, 16).rightJustified(8, '0');
    return put(text + header.path + '\0') && pad();
}

bool CpioWriter::end() {
    return pad();
}

bool CpioWriter::entry(const CpioHeader &header, const QByteArray &content) {
    CpioHeader whole = header;
    whole.size = static_cast<quint32>(content.size());
    return begin(whole) && put(content) && end();
}

bool CpioWriter::folder(const QByteArray &path, quint32 permissions) {
    return entry({.path = path, .mode = S_IFDIR | permissions, .links = 2}, {});
}

bool CpioWriter::finish() {
    constexpr quint64 block = 512; // as cpio itself pads
    if (!begin({.path = "TRAILER!!!", .inode = 0}))
        return false;
    return put(QByteArray(static_cast<qsizetype>((block - m_written % block) % block), '\0'));
}

} // namespace nitroscope::formats
