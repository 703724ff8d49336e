// SPDX-License-Identifier: GPL-2.0-or-later
//
// QEMU's fw_cfg device through its DMA interface (docs/specs/fw_cfg.rst): named files, read straight to where
// they belong in memory. Descriptors and the directory are big-endian; transfers are done when the port write
// returns.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace nitroscope::boot {

struct FwCfgFile {
    uint16_t selector = 0;
    uint32_t size = 0; // bytes
    bool isThere = false;
};

class FwCfg {
public:
    // False when there is no fw_cfg with DMA.
    bool init();

    FwCfgFile find(std::string_view name) const;

    // Reads `size` bytes from `offset` of the file to a physical address. False when the file is shorter or
    // the device reports an error.
    bool read(const FwCfgFile &file, uint32_t offset, uint64_t address, uint32_t size) const;

private:
    static constexpr unsigned maxFiles = 128;

    struct DirectoryEntry { // as in the device, big-endian
        uint32_t size;
        uint16_t selector;
        uint16_t reserved;
        char name[56];
    };

    DirectoryEntry m_entries[maxFiles];
    unsigned m_count = 0;
};

} // namespace nitroscope::boot
