// SPDX-License-Identifier: GPL-2.0-or-later
//
// Stacks with counts as flamegraph.pl, speedscope and others read them: one a line, the outermost function first,
//
//     init;main;serve;[kernel];sys_read 42
//
#pragma once

#include "app/core/result.hpp"

#include <QByteArray>
#include <QIODevice>
#include <QMap>

namespace nitroscope::formats {

class FoldedStacks {
public:
    static constexpr qsizetype maxStacks = 1'000'000, maxLineBytes = 64 * 1024, maxFrames = 256;

    // Error "folded-stacks" with the line's offset.
    static app::Result<FoldedStacks> read(QIODevice &file);

    // Frames are the outermost first; what the format reserves in their names is replaced.
    void add(const QByteArrayList &frames, quint64 count);

    const QMap<QByteArray, quint64> &stacks() const { return m_stacks; } // frames joined by ;
    quint64 total() const { return m_total; }
    QByteArray text() const; // lines in order

private:
    QMap<QByteArray, quint64> m_stacks;
    quint64 m_total = 0;
};

} // namespace nitroscope::formats
