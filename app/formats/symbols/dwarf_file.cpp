// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/formats/symbols/dwarf_file.hpp"

#include <algorithm>
#include <optional>

namespace nitroscope::symbols {
namespace {

constexpr qsizetype maxRanges = 4'000'000;

} // namespace

DwarfFile::DwarfFile(QByteArrayView bytes) {
    elf_version(EV_CURRENT);
    // libelf's interface is not const, but what it reads it does not change.
    m_elf = elf_memory(const_cast<char *>(bytes.data()), size_t(bytes.size()));
    if (m_elf)
        m_dwarf = dwarf_begin_elf(m_elf, DWARF_C_READ, nullptr);
    Dwarf_Off next = 0;
    size_t header = 0;
    if (m_dwarf && dwarf_nextcu(m_dwarf, 0, &next, &header, nullptr, nullptr, nullptr) != 0) {
        dwarf_end(m_dwarf);
        m_dwarf = nullptr;
    }
}

DwarfFile::~DwarfFile() {
    for (Dwarf_CFI *frames : m_frames)
        if (!m_dwarf || frames != dwarf_getcfi(m_dwarf))
            dwarf_cfi_end(frames);
    if (m_dwarf)
        dwarf_end(m_dwarf);
    if (m_elf)
        elf_end(m_elf);
}

void DwarfFile::indexUnits() {
    m_isIndexed = true;
    Dwarf_Off offset = 0, next = 0;
    size_t header = 0;
    while (m_dwarf && m_ranges.size() < maxRanges &&
           dwarf_nextcu(m_dwarf, offset, &next, &header, nullptr, nullptr, nullptr) == 0) {
        Dwarf_Die unit;
        if (dwarf_offdie(m_dwarf, offset + header, &unit)) {
            Dwarf_Addr base = 0, start = 0, end = 0;
            for (ptrdiff_t at = 0; (at = dwarf_ranges(&unit, at, &base, &start, &end)) > 0;)
                if (start < end && start != 0) // 0: code that the linker has dropped
                    m_ranges.append({start, end, dwarf_dieoffset(&unit)});
        }
        if (next <= offset)
            break;
        offset = next;
    }
    std::sort(m_ranges.begin(), m_ranges.end(),
              [](const Range &a, const Range &b) { return a.start < b.start; });
}

std::optional<Dwarf_Die> DwarfFile::unit(Dwarf_Addr address) {
    if (!m_isIndexed)
        indexUnits();
    const auto after =
        std::upper_bound(m_ranges.cbegin(), m_ranges.cend(), address,
                         [](Dwarf_Addr wanted, const Range &range) { return wanted < range.start; });
    if (after == m_ranges.cbegin() || address >= (after - 1)->end)
        return std::nullopt;
    Dwarf_Die unit;
    return dwarf_offdie(m_dwarf, (after - 1)->unit, &unit) ? std::optional(unit) : std::nullopt;
}

const QVector<Dwarf_CFI *> &DwarfFile::frames() {
    if (!m_hasFrames) {
        m_hasFrames = true;
        if (Dwarf_CFI *found = m_dwarf ? dwarf_getcfi(m_dwarf) : nullptr)
            m_frames.append(found);
        if (Dwarf_CFI *found = m_elf ? dwarf_getcfi_elf(m_elf) : nullptr)
            m_frames.append(found);
    }
    return m_frames;
}

} // namespace nitroscope::symbols
