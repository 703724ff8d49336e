// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/core/arch/x86/paging.hpp"

#include "app/core/arch/x86/registers.hpp"

#include <iterator>

namespace nitroscope::arch::x86 {
namespace {

constexpr std::uint64_t present = 1, writable = 2, user = 4, large = 0x80, noExecute = std::uint64_t(1) << 63;
constexpr std::uint64_t frameMask = 0x000ffffffffff000; // bits 51..12
constexpr std::uint64_t end32 = std::uint64_t(1) << 32;
constexpr int pageShift = 12, largeShift32 = 22;

constexpr PageTableLevel pml5{"PML5", 48, 9, 8, false}, pml4{"PML4", 39, 9, 8, false},
    pdpt{"PDPT", 30, 9, 8, true}, directory{"PD", 21, 9, 8, true}, pageTable{"PT", pageShift, 9, 8, true};
constexpr PageTableLevel tables[]{pml5, pml4, pdpt, directory, pageTable};
constexpr PageTableLevel paeTables[]{{"PDPT", 30, 2, 8, false}, directory, pageTable};
constexpr PageTableLevel tables32[]{{"PD", largeShift32, 10, 4, true}, {"PT", pageShift, 10, 4, true}};

PageTableEntry decode(const PageTableLevel &level, std::uint64_t entry) {
    const bool isWide = level.entryBytes == 8;
    PageTableEntry decoded;
    decoded.isPresent = entry & present;
    decoded.isPage = level.shift == pageShift || (level.mayBePage && entry & large);
    decoded.restricts = level.indexBits != paeTables[0].indexBits; // the PAE root's entries have no rights
    decoded.rights = {(entry & writable) != 0, (entry & user) != 0, !(isWide && entry & noExecute)};
    if (!decoded.isPage)
        decoded.address = isWide ? entry & frameMask : entry & 0xfffff000;
    else if (!isWide && level.shift == largeShift32)
        // 4 MiB pages: bits 39..32 of the frame are in bits 20..13 (PSE-36).
        decoded.address = (entry & 0xffc00000) | (entry >> 13 & 0xff) << 32;
    else
        decoded.address = entry & frameMask & ~((std::uint64_t(1) << level.shift) - 1);
    return decoded;
}

template <int bits>
std::optional<std::uint64_t> canonicalTable(const AddressTranslation &how, std::uint64_t address) {
    const auto extended = std::int64_t(address << (64 - bits)) >> (64 - bits);
    return std::uint64_t(extended) == address ? std::optional(how.root & frameMask) : std::nullopt;
}

std::optional<std::uint64_t> table32(const AddressTranslation &how, std::uint64_t address) {
    return address < end32 ? std::optional(how.root & 0xfffff000) : std::nullopt;
}

// The root is aligned to 32 bytes only.
std::optional<std::uint64_t> paeTable(const AddressTranslation &how, std::uint64_t address) {
    return address < end32 ? std::optional(how.root & 0xffffffe0) : std::nullopt;
}

constexpr PagingMode modeOff{"CR3", {}, end32}, mode32{"CR3", tables32, 0, table32, decode},
    modePae{"CR3", paeTables, 0, paeTable, decode},
    mode4{"CR3", std::span(tables).subspan(1), 0, canonicalTable<48>, decode},
    mode5{"CR3", tables, 0, canonicalTable<57>, decode};

std::uint64_t value(QByteArrayView packet, Number number) {
    return table.value({packet.data(), std::size_t(packet.size())}, number);
}

AddressTranslation current(QByteArrayView packet) {
    return translationBy(value(packet, cr0), value(packet, cr3), value(packet, cr4), value(packet, efer));
}

std::uint64_t space(QByteArrayView packet) {
    return value(packet, cr3) & spaceMask;
}

constexpr const PagingMode *kernelModes[]{&mode4, &mode5};

} // namespace

const PagingMode *const PagingModes::off = &modeOff, *const PagingModes::bits32 = &mode32,
                        *const PagingModes::pae = &modePae, *const PagingModes::levels4 = &mode4,
                        *const PagingModes::levels5 = &mode5;

AddressTranslation translationBy(std::uint64_t cr0, std::uint64_t cr3, std::uint64_t cr4,
                                 std::uint64_t efer) {
    constexpr std::uint64_t pagingOn = std::uint64_t(1) << 31, pae = 1 << 5, la57 = 1 << 12,
                            longModeActive = 1 << 10;
    if (!(cr0 & pagingOn))
        return {&modeOff, cr3};
    if (efer & longModeActive)
        return {cr4 & la57 ? &mode5 : &mode4, cr3};
    return {cr4 & pae ? &modePae : &mode32, cr3};
}

// Intel SDM Vol. 3A, 4.1.4
const Paging paging{current, space, kernelModes, 52};

} // namespace nitroscope::arch::x86
