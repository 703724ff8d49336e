// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/boot/support/raw_eif.hpp"

#include <QCryptographicHash>
#include <QFile>
#include <QtEndian>
#include <zlib.h>

namespace nitroscope::test {
namespace {

constexpr qsizetype headerSize = 548, crcOffset = 0x220, sectionHeaderSize = 12;
constexpr quint16 kernelType = 1, cmdlineType = 2, ramdiskType = 3;

QByteArray sha384(const QByteArray &bytes) {
    return QCryptographicHash::hash(bytes, QCryptographicHash::Sha384);
}

} // namespace

RawEif RawEif::read(const QString &path) {
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? RawEif{file.readAll()} : RawEif{};
}

QList<RawSection> RawEif::sections() const {
    QList<RawSection> found;
    qsizetype at = headerSize;
    while (at + sectionHeaderSize <= bytes.size()) {
        const auto size = static_cast<qsizetype>(get64(at + 4));
        found.append({get16(at), get16(at + 2), bytes.mid(at + sectionHeaderSize, size)});
        at += sectionHeaderSize + size;
    }
    return found;
}

QByteArray RawEif::pcr(int index) const {
    QByteArray contents;
    int ramdisks = 0;
    for (const RawSection &section : sections()) {
        const bool ramdisk = section.type == ramdiskType;
        const bool first = ramdisk && ramdisks++ == 0;
        const bool system = section.type == kernelType || section.type == cmdlineType;
        if ((index == 0 && (system || ramdisk)) || (index == 1 && (system || first)) ||
            (index == 2 && ramdisk && !first))
            contents += section.data;
    }
    return sha384(QByteArray(48, '\0') + sha384(contents));
}

void RawEif::put16(qsizetype offset, quint16 value) {
    qToBigEndian(value, bytes.data() + offset);
}
void RawEif::put32(qsizetype offset, quint32 value) {
    qToBigEndian(value, bytes.data() + offset);
}
void RawEif::put64(qsizetype offset, quint64 value) {
    qToBigEndian(value, bytes.data() + offset);
}
quint64 RawEif::get64(qsizetype offset) const {
    return qFromBigEndian<quint64>(bytes.constData() + offset);
}
quint16 RawEif::get16(qsizetype offset) const {
    return qFromBigEndian<quint16>(bytes.constData() + offset);
}

quint32 RawEif::crc(quint64 holeAt, quint64 holeSize) const {
    static const QByteArray zeros(16 << 20, '\0');
    const quint64 fileSize = quint64(bytes.size()) + holeSize;
    uLong crc = crc32(0, nullptr, 0);
    const auto cover = [&](quint64 offset, quint64 size) {
        for (quint64 piece = 0; size > 0; offset += piece, size -= piece) {
            const bool inHole = offset >= holeAt && offset - holeAt < holeSize;
            const quint64 rest = inHole            ? holeAt + holeSize - offset
                                 : offset < holeAt ? holeAt - offset
                                                   : size;
            piece = qMin(qMin(size, rest), quint64(zeros.size()));
            const char *from = inHole            ? zeros.constData()
                               : offset < holeAt ? bytes.constData() + offset
                                                 : bytes.constData() + (offset - holeSize);
            crc = crc32(crc, reinterpret_cast<const Bytef *>(from), static_cast<uInt>(piece));
        }
    };
    cover(0, crcOffset);
    for (int i = 0; i < qMin(sectionCount(), 32); ++i) {
        const quint64 offset = sectionOffset(i), size = get64(0x11c + 8 * i) + sectionHeaderSize;
        if (offset <= fileSize && size <= fileSize - offset)
            cover(offset, size);
    }
    return static_cast<quint32>(crc);
}

void RawEif::fixCrc() {
    put32(crcOffset, crc(quint64(bytes.size()), 0));
}

bool RawEif::write(const QString &path) const {
    QFile file(path);
    return file.open(QIODevice::WriteOnly) && file.write(bytes) == bytes.size();
}

} // namespace nitroscope::test
