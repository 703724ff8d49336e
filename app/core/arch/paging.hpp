// SPDX-License-Identifier: GPL-2.0-or-later
//
// How virtual addresses become physical ones: the formats of page tables. The walk itself reads guest memory and is
// in app/formats/guest/virtual_memory.
#pragma once

#include <cstdint>
#include <optional>
#include <QByteArrayView>
#include <span>

namespace nitroscope::arch {

struct PagingMode;

// What decides how addresses are translated. An architecture whose kernel has tables of its own gets a second root
// here; PagingMode::firstTable chooses by the address.
struct AddressTranslation {
    const PagingMode *paging = nullptr; // nullptr: not known
    std::uint64_t root = 0;             // as in its register; what is no address there is ignored

    bool operator==(const AddressTranslation &) const = default;
};

// One table of a walk, from the root on.
struct PageTableLevel {
    const char *name;
    int shift;     // of the address bits that index it
    int indexBits; //
    int entryBytes;
    bool mayBePage; // an entry may map memory instead of a further table
};

struct PageRights {
    bool isWritable = true, isUser = true, isExecutable = true;
};

struct PageTableEntry {
    bool isPresent = false;
    bool isPage = false;
    bool restricts = true; // its rights count
    PageRights rights;
    std::uint64_t address = 0; // physical, of the page or of the next table
};

struct PagingMode {
    const char *rootName;                   // of the register, in a walk's words
    std::span<const PageTableLevel> levels; // empty: addresses are physical
    std::uint64_t flatEnd = 0;              // first address beyond them, without levels
    // Physical address of the first table; nothing for what is no address of this mode.
    std::optional<std::uint64_t> (*firstTable)(const AddressTranslation &translation,
                                               std::uint64_t address) = nullptr;
    PageTableEntry (*decode)(const PageTableLevel &level, std::uint64_t entry) = nullptr;
};

struct Paging {
    // From the registers of a CPU (QEMU's `g`).
    AddressTranslation (*current)(QByteArrayView packet);
    // What tells address spaces apart, the same for a process in user code and in the kernel.
    std::uint64_t (*space)(QByteArrayView packet);
    // Of a running kernel, the usual one first.
    std::span<const PagingMode *const> kernelModes;
    int physicalBits; // that a physical address can have
};

} // namespace nitroscope::arch
