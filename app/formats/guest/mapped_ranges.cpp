// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/formats/guest/mapped_ranges.hpp"

#include <cstring>

namespace nitroscope::guest {
namespace {

constexpr int maxTables = 65536;       // 256 MiB of them
constexpr qsizetype maxRanges = 16384; // a kernel at work has some thousand

class Walk {
public:
    Walk(const VirtualMemory &memory, quint64 first)
        : m_memory(memory.physical()), m_how(memory.translation()), m_first(first) {}

    MappedRanges run() {
        const arch::PagingMode *const mode = m_how.paging;
        if (!mode || mode->levels.empty())
            return {};
        const arch::PageTableLevel &top = mode->levels.front();
        const int bits = top.shift + top.indexBits;
        const quint64 upper = bits < 64 ? ~quint64(0) << bits : 0; // of addresses whose highest bit is set
        for (quint64 index = 0; index < quint64(1) << top.indexBits && m_found.isComplete; ++index) {
            quint64 address = index << top.shift;
            auto table = mode->firstTable(m_how, address);
            if (!table)
                table = mode->firstTable(m_how, address |= upper);
            if (table)
                entry(0, *table, index, address);
        }
        return std::move(m_found);
    }

private:
    void table(std::size_t depth, quint64 at, quint64 address) {
        const arch::PageTableLevel &level = m_how.paging->levels[depth];
        if (++m_tables > maxTables)
            m_found.isComplete = false;
        for (quint64 index = 0; index < quint64(1) << level.indexBits && m_found.isComplete; ++index)
            entry(depth, at, index, address + (index << level.shift));
    }

    void entry(std::size_t depth, quint64 at, quint64 index, quint64 address) {
        const arch::PageTableLevel &level = m_how.paging->levels[depth];
        const quint64 bytes = quint64(1) << level.shift;
        if (address + (bytes - 1) < m_first)
            return;
        quint64 raw = 0;
        if (!read(depth, at, index * quint64(level.entryBytes), level, raw))
            return;
        const arch::PageTableEntry decoded = m_how.paging->decode(level, raw);
        if (!decoded.isPresent)
            return;
        if (decoded.isPage)
            add(address, decoded.address, bytes);
        else if (depth + 1 < m_how.paging->levels.size())
            table(depth + 1, decoded.address, address);
    }

    // An entry out of the table of its level that was read last.
    bool read(std::size_t depth, quint64 at, quint64 offset, const arch::PageTableLevel &level,
              quint64 &raw) {
        Kept &kept = m_kept[depth];
        const qsizetype size = qsizetype(level.entryBytes) << level.indexBits;
        if (kept.at != at || kept.bytes.isEmpty()) {
            kept.at = at;
            kept.bytes = m_memory.readUpTo(at, quint64(size));
        }
        if (quint64(kept.bytes.size()) < offset + quint64(level.entryBytes))
            return false;
        std::memcpy(&raw, kept.bytes.constData() + offset, std::size_t(level.entryBytes));
        return true;
    }

    void add(quint64 address, quint64 physical, quint64 bytes) {
        while (bytes > 0) {
            const PhysicalRange range = m_memory.rangeAt(physical);
            const quint64 piece = qMin(bytes, range.end() - physical);
            if (piece == 0)
                return;
            if (range.backing == Backing::ram && address >= m_first)
                append({address, physical, piece});
            address += piece;
            physical += piece;
            bytes -= piece;
        }
    }

    void append(const MappedRange &part) {
        if (!m_found.ranges.isEmpty()) {
            MappedRange &last = m_found.ranges.last();
            // Within one range of RAM, so that a range is one stretch of a file.
            if (last.address + last.bytes == part.address && last.physical + last.bytes == part.physical &&
                m_memory.rangeAt(last.physical).contains(part.physical)) {
                last.bytes += part.bytes;
                return;
            }
        }
        if (m_found.ranges.size() == maxRanges)
            m_found.isComplete = false;
        else
            m_found.ranges.append(part);
    }

    struct Kept {
        quint64 at = 0;
        QByteArray bytes;
    };

    const PhysicalMemory &m_memory;
    const AddressTranslation m_how;
    const quint64 m_first;
    std::array<Kept, 8> m_kept; // by level; no architecture has so many
    MappedRanges m_found;
    int m_tables = 0;
};

} // namespace

MappedRanges mappedRanges(const VirtualMemory &memory, quint64 first) {
    return Walk(memory, first).run();
}

} // namespace nitroscope::guest
