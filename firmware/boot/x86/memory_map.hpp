// SPDX-License-Identifier: GPL-2.0-or-later
//
// Guest memory as the firmware sees it: the RAM that QEMU lists in etc/e820, and the map the kernel gets,
// where what the firmware and the BIOS area occupy is carved out. Pure arithmetic, tested on the host.
#pragma once

#include "firmware/boot/x86/layout.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace nitroscope::boot {

enum class E820Type : uint32_t { ram = 1, reserved = 2 };

// As in etc/e820 and in the zero page: 20 bytes, little-endian.
struct [[gnu::packed]] E820Entry {
    uint64_t start;
    uint64_t size;
    uint32_t type;
};
static_assert(sizeof(E820Entry) == 20);

class MemoryMap {
public:
    static constexpr unsigned maxEntries = 64; // the zero page has room for 128

    // `reservedFrom`: base memory from here to 640 KiB belongs to the firmware's tables.
    // False when there is no RAM at 1 MiB.
    bool build(std::span<const E820Entry> given, uint64_t reservedFrom) {
        m_count = 0;
        m_lowEnd = m_highStart = m_highEnd = m_total = 0;
        for (const E820Entry &entry : given) {
            const uint64_t end = entry.start + entry.size;
            if (end < entry.start)
                continue; // wraps around: not memory
            if (static_cast<E820Type>(entry.type) != E820Type::ram) {
                add(entry.start, end, entry.type);
                continue;
            }
            m_total += entry.size;
            addRam(entry.start, end < reservedFrom ? end : reservedFrom);
            addRam(entry.start > layout::oneMiB ? entry.start : layout::oneMiB, end);
            if (entry.start <= layout::oneMiB && end > layout::oneMiB)
                m_lowEnd = end < layout::fourGiB ? end : layout::fourGiB;
            if (end > layout::fourGiB && end - entry.start > m_highEnd - m_highStart) {
                m_highStart = entry.start > layout::fourGiB ? entry.start : layout::fourGiB;
                m_highEnd = end;
            }
        }
        add(reservedFrom, layout::baseMemoryEnd, static_cast<uint32_t>(E820Type::reserved));
        add(layout::rom, layout::oneMiB, static_cast<uint32_t>(E820Type::reserved));
        sort();
        return m_lowEnd != 0;
    }

    std::span<const E820Entry> entries() const { return {m_entries.data(), m_count}; }
    uint64_t lowEnd() const { return m_lowEnd; }       // RAM from 1 MiB to here, at most 4 GiB
    uint64_t highStart() const { return m_highStart; } // the largest piece of RAM above 4 GiB,
    uint64_t highEnd() const { return m_highEnd; }     // empty when there is none
    uint64_t total() const { return m_total; }         // bytes of RAM

private:
    void addRam(uint64_t start, uint64_t end) { add(start, end, static_cast<uint32_t>(E820Type::ram)); }

    void add(uint64_t start, uint64_t end, uint32_t type) {
        if (start < end && m_count < maxEntries)
            m_entries[m_count++] = {.start = start, .size = end - start, .type = type};
    }

    // By address, as Linux expects it; a handful of entries.
    void sort() {
        for (unsigned i = 1; i < m_count; ++i)
            for (unsigned j = i; j > 0 && m_entries[j].start < m_entries[j - 1].start; --j) {
                const E820Entry entry = m_entries[j];
                m_entries[j] = m_entries[j - 1];
                m_entries[j - 1] = entry;
            }
    }

    std::array<E820Entry, maxEntries> m_entries{};
    unsigned m_count = 0;
    uint64_t m_lowEnd = 0, m_highStart = 0, m_highEnd = 0, m_total = 0;
};

} // namespace nitroscope::boot
