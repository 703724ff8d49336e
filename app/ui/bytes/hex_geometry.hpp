// SPDX-License-Identifier: GPL-2.0-or-later
//
// The arithmetic of a hex view, apart from any widget: which byte is in which row, and how a 64-bit row
// number is told to a scroll bar that only counts to 2^31.
#pragma once

#include <algorithm>
#include <QtGlobal>

namespace nitroscope::app {

struct HexGeometry {
    quint64 size = 0;          // bytes shown
    int bytesPerRow = 16;      // a power of two
    int visibleRows = 1;       // whole rows that fit into the viewport
    int scrollSteps = 1 << 30; // largest value the scroll bar may take

    quint64 rowCount() const {
        const quint64 width = static_cast<quint64>(bytesPerRow);
        return size / width + (size % width != 0 ? 1 : 0);
    }
    quint64 rowOf(quint64 offset) const { return offset / static_cast<quint64>(bytesPerRow); }
    quint64 offsetOfRow(quint64 row) const { return row * static_cast<quint64>(bytesPerRow); }
    // The topmost row when scrolled to the very end.
    quint64 lastTopRow() const {
        const quint64 rows = rowCount();
        const auto visible = static_cast<quint64>(std::max(1, visibleRows));
        return rows > visible ? rows - visible : 0;
    }
    int scrollMaximum() const {
        return static_cast<int>(std::min<quint64>(lastTopRow(), static_cast<quint64>(scrollSteps)));
    }
    // One step is one row as long as the rows fit; above that, steps are spread evenly over the rows and both
    // ends are hit exactly.
    quint64 topRowOfScroll(int value) const {
        const quint64 last = lastTopRow();
        const auto steps = static_cast<quint64>(scrollMaximum());
        const auto step = static_cast<quint64>(std::clamp(value, 0, scrollMaximum()));
        if (last <= steps || steps == 0)
            return step;
        return step == steps ? last : last / steps * step + last % steps * step / steps;
    }
    int scrollOfTopRow(quint64 row) const {
        const quint64 last = lastTopRow();
        const auto steps = static_cast<quint64>(scrollMaximum());
        row = std::min(row, last);
        if (last <= steps || steps == 0)
            return static_cast<int>(row);
        if (row == last)
            return scrollMaximum();
        return static_cast<int>(std::min(row / (last / steps), steps));
    }
    // Row to scroll to so that `offset` is visible, moving as little as possible.
    quint64 topRowShowing(quint64 offset, quint64 currentTop) const {
        const quint64 row = rowOf(offset);
        const auto visible = static_cast<quint64>(std::max(1, visibleRows));
        if (row < currentTop)
            return row;
        if (row >= currentTop + visible)
            return std::min(row - visible + 1, lastTopRow());
        return std::min(currentTop, lastTopRow());
    }
};

} // namespace nitroscope::app
