// SPDX-License-Identifier: GPL-2.0-or-later
//
// libdw's handles of one file, and the lock that they need: libdw fills caches while it reads.
#pragma once

#include <elfutils/libdw.h>
#include <mutex>
#include <QByteArray>
#include <QVector>

namespace nitroscope::symbols {

class DwarfFile {
public:
    // The bytes must outlive this. Without debug information unit() finds nothing and frames() may still.
    explicit DwarfFile(QByteArrayView bytes);
    ~DwarfFile();
    DwarfFile(const DwarfFile &) = delete;
    DwarfFile &operator=(const DwarfFile &) = delete;

    std::mutex &lock() { return m_lock; }
    Dwarf *handle() const { return m_dwarf; } // null without DWARF
    // The compilation unit that has code at an address. To be called with the lock held.
    std::optional<Dwarf_Die> unit(Dwarf_Addr address);
    // .debug_frame and .eh_frame, as far as they are there. To be called with the lock held.
    const QVector<Dwarf_CFI *> &frames();

private:
    struct Range {
        Dwarf_Addr start, end;
        Dwarf_Off unit;
    };
    void indexUnits();

    std::mutex m_lock;
    Elf *m_elf = nullptr;
    Dwarf *m_dwarf = nullptr;
    bool m_isIndexed = false, m_hasFrames = false;
    QVector<Range> m_ranges; // of all units, sorted
    QVector<Dwarf_CFI *> m_frames;
};

} // namespace nitroscope::symbols
