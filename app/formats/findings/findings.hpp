// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the plugins profile and coverage left (plugins/format/findings_format.hpp), still without names. Foreign bytes: the
// plugin runs beside the guest, whose code it quotes.
#pragma once

#include "app/core/result.hpp"

#include <QByteArray>
#include <QIODevice>
#include <QVector>
#include <utility>

namespace nitroscope::formats {

struct CodePage {
    quint64 address = 0; // of its first byte
    QByteArray bytes;    // 4096
};

struct SampledStack {
    quint64 count = 0;
    quint32 process = 0;
    QVector<quint64> addresses; // never empty; the innermost first
};

struct CoveredBlock {
    quint64 address = 0;
    quint16 bytes = 0;
    std::optional<quint32> page; // index into Findings::pages
};

struct Findings {
    enum class Kind { profile, coverage };

    Kind kind = Kind::profile;
    quint64 period = 0; // instructions that a sample stands for
    QVector<CodePage> pages;
    QVector<std::pair<quint32, quint32>> maps; // process, page
    QVector<SampledStack> stacks;
    QVector<CoveredBlock> blocks;
    quint64 lost = 0;
    bool isWhole = false; // else QEMU was killed while it wrote, or its disk was full
};

// Lines up to the first that is cut off. Errors "findings", with the offset of the line: none of these files, or a line that
// the plugins do not write.
app::Result<Findings> readFindings(QIODevice &file);

} // namespace nitroscope::formats
