// SPDX-License-Identifier: GPL-2.0-or-later
#include "firmware/boot/fw_cfg.hpp"

#include "firmware/boot/cpu.hpp"
#include "firmware/boot/ports.hpp"

namespace nitroscope::boot {

namespace {

constexpr uint16_t directorySelector = 0x19;

enum Control : uint32_t {
    controlError = 1,
    controlRead = 2,
    controlSkip = 4,
    controlSelect = 8,
};

struct Descriptor { // all big-endian
    uint32_t control;
    uint32_t length;
    uint64_t address;
};

bool transfer(uint32_t control, uint32_t length, uint64_t address) {
    alignas(16) volatile Descriptor descriptor;
    descriptor.control = __builtin_bswap32(control);
    descriptor.length = __builtin_bswap32(length);
    descriptor.address = __builtin_bswap64(address);
    fwcfg::startDma(physicalAddress(&descriptor));
    uint32_t left;
    while (((left = __builtin_bswap32(descriptor.control)) & ~controlError) != 0)
        pause();
    return left == 0;
}

bool readAt(uint16_t selector, uint32_t offset, uint64_t address, uint32_t size) {
    const uint32_t select = uint32_t{selector} << 16 | controlSelect;
    if (offset == 0)
        return transfer(select | controlRead, size, address);
    return transfer(select | controlSkip, offset, 0) && transfer(controlRead, size, address);
}

} // namespace

bool FwCfg::init() {
    m_count = 0;
    if (!fwcfg::hasDma())
        return false;
    uint32_t count = 0;
    if (!readAt(directorySelector, 0, physicalAddress(&count), sizeof count))
        return false;
    count = __builtin_bswap32(count);
    if (count > maxFiles)
        count = maxFiles;
    if (!readAt(directorySelector, sizeof count, physicalAddress(m_entries),
                count * static_cast<uint32_t>(sizeof(DirectoryEntry))))
        return false;
    m_count = count;
    return true;
}

FwCfgFile FwCfg::find(std::string_view name) const {
    for (unsigned i = 0; i < m_count; ++i) {
        const DirectoryEntry &entry = m_entries[i];
        if (name.size() < sizeof entry.name && entry.name[name.size()] == '\0' &&
            std::string_view(entry.name, name.size()) == name)
            return {.selector = __builtin_bswap16(entry.selector),
                    .size = __builtin_bswap32(entry.size),
                    .isThere = true};
    }
    return {};
}

bool FwCfg::read(const FwCfgFile &file, uint32_t offset, uint64_t address, uint32_t size) const {
    if (!file.isThere || offset > file.size || size > file.size - offset)
        return false;
    return size == 0 || readAt(file.selector, offset, address, size);
}

} // namespace nitroscope::boot
