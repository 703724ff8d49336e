// SPDX-License-Identifier: GPL-2.0-or-later
//
// The EIF format written down once more for tests, on purpose without the project's parser: an independent
// reader that walks the sections one after the other, measures with Qt's SHA-384, and an editor that can
// break a file in one place and put the checksum right again (or not).

#pragma once

#include <QByteArray>
#include <QList>
#include <QString>

namespace nitroscope::test {

struct RawSection {
    quint16 type;
    quint16 flags;
    QByteArray data;
};

// A whole EIF in memory. Field positions follow the public description: everything big-endian, a 548-byte
// header.
class RawEif {
public:
    static RawEif read(const QString &path);

    QByteArray bytes;

    QList<RawSection> sections() const;
    // PCR0, PCR1 or PCR2 as the platform computes them: SHA384(48 zero bytes || SHA384(contents)).
    QByteArray pcr(int index) const;

    void put16(qsizetype offset, quint16 value);
    void put32(qsizetype offset, quint32 value);
    void put64(qsizetype offset, quint64 value);
    quint64 get64(qsizetype offset) const;
    quint16 get16(qsizetype offset) const;

    quint64 sectionOffset(int index) const { return get64(0x1c + 8 * index); }
    void setSectionOffset(int index, quint64 value) { put64(0x1c + 8 * index, value); }
    void setSectionSize(int index, quint64 value) { put64(0x11c + 8 * index, value); }
    int sectionCount() const { return get16(0x1a); }

    // The CRC that the file should have when `holeSize` zeros come after its first `holeAt` bytes.
    quint32 crc(quint64 holeAt, quint64 holeSize) const;
    // Computes the CRC over header (without the field) and the sections that the table names, and stores it.
    void fixCrc();
    bool write(const QString &path) const;
};

} // namespace nitroscope::test
