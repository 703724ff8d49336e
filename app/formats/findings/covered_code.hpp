// SPDX-License-Identifier: GPL-2.0-or-later
//
// Code that ran, by file: as drcov (DynamoRIO's, which Lighthouse, Cartographer and bncov read), version 2 of its text with
// a table of blocks in binary:
//
//     DRCOV VERSION: 2
//     DRCOV FLAVOR: drcov-64
//     Module Table: version 2, count N
//     Columns: id, base, end, entry, path
//     0, 0x400000, 0x4c0000, 0x401000, /app
//     BB Table: N bbs
//     u32 offset from the module's base, u16 bytes, u16 module      each, little-endian
//
#pragma once

#include "app/core/result.hpp"

#include <QByteArray>
#include <QIODevice>
#include <QVector>

namespace nitroscope::formats {

struct CoveredModule {
    quint64 base = 0, end = 0, entry = 0; // as in the file
    QByteArray path;
};

struct CoveredPart {
    quint32 offset = 0;
    quint16 bytes = 0;
    quint16 module = 0; // index

    auto operator<=>(const CoveredPart &) const = default;
};

struct CoveredCode {
    static constexpr qsizetype maxModules = 65535, maxParts = 4'000'000, maxLineBytes = 8192,
                               maxPathBytes = 4096;

    QVector<CoveredModule> modules;
    QVector<CoveredPart> parts; // ascending, no two equal

    QByteArray drcov() const;
    // Errors "drcov" with an offset: another format or version, or cut off. Order and repetitions are as in the file.
    static app::Result<CoveredCode> readDrcov(QIODevice &file);
};

} // namespace nitroscope::formats
