// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/session/kernel/memory_search.hpp"

namespace nitroscope::app {

void searchRam(const guest::PhysicalMemory &memory, qsizetype overlap,
               const std::function<bool(quint64, QByteArrayView)> &look) {
    constexpr quint64 pieceBytes = 1 << 20;
    for (const guest::PhysicalRange &range : memory.populated()) {
        for (quint64 at = range.address; at < range.end();) {
            const QByteArray piece =
                memory.readUpTo(at, qMin(pieceBytes + quint64(overlap), range.end() - at));
            if (piece.isEmpty() || !look(at, piece))
                return;
            if (at + quint64(piece.size()) >= range.end())
                break;
            at += pieceBytes;
        }
    }
}

} // namespace nitroscope::app
