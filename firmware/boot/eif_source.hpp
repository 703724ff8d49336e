// SPDX-License-Identifier: GPL-2.0-or-later
//
// The EIF as the parser's Source: slices of (usually) 1 GiB in fw_cfg files, because an fw_cfg item's size
// has 32 bits and images may be larger than 4 GiB.
#pragma once

#include "firmware/boot/cpu.hpp"
#include "firmware/boot/fw_cfg.hpp"
#include "firmware/boot/handover.h"
#include "firmware/boot/text.hpp"
#include "firmware/eif/source.hpp"

namespace nitroscope::boot {

class EifSource {
public:
    EifSource(const FwCfg &fwCfg, const nitro_boot_info &bootInfo)
        : m_fwCfg(fwCfg), m_size(bootInfo.eif_size), m_sliceSize(bootInfo.slice_size) {}

    uint64_t size() const { return m_size; }

    bool read(uint64_t offset, std::span<std::byte> out) {
        return readTo(offset, physicalAddress(out.data()), out.size());
    }

    // The same, to a physical address that need not be mapped.
    bool readTo(uint64_t offset, uint64_t address, uint64_t length) {
        if (offset > m_size || length > m_size - offset)
            return false;
        while (length > 0) {
            const uint64_t inSlice = offset % m_sliceSize;
            const uint64_t rest = m_sliceSize - inSlice;
            const uint64_t piece = length < rest ? length : rest;
            if (!select(static_cast<uint32_t>(offset / m_sliceSize)) ||
                !m_fwCfg.read(m_slice, static_cast<uint32_t>(inSlice), address, static_cast<uint32_t>(piece)))
                return false;
            offset += piece;
            address += piece;
            length -= piece;
        }
        return true;
    }

    // The slices exist and have the sizes the boot information promises.
    bool isConsistent(uint32_t sliceCount) {
        if (m_sliceSize == 0 || m_sliceSize > UINT32_MAX || sliceCount > NITRO_BOOT_MAX_SLICES ||
            sliceCount != (m_size + m_sliceSize - 1) / m_sliceSize)
            return false;
        for (uint32_t i = 0; i < sliceCount; ++i) {
            const uint64_t rest = m_size - i * m_sliceSize;
            if (!select(i) || m_slice.size != (rest < m_sliceSize ? rest : m_sliceSize))
                return false;
        }
        return true;
    }

private:
    bool select(uint32_t index) {
        if (m_slice.isThere && m_sliceIndex == index)
            return true;
        const char digits[] = {static_cast<char>('0' + index / 100), static_cast<char>('0' + index / 10 % 10),
                               static_cast<char>('0' + index % 10)};
        m_slice = m_fwCfg.find(
            Text(NITRO_BOOT_SLICE_FILE_PREFIX).add(std::string_view(digits, sizeof digits)).view());
        m_sliceIndex = index;
        return m_slice.isThere;
    }

    const FwCfg &m_fwCfg;
    uint64_t m_size;
    uint64_t m_sliceSize;
    FwCfgFile m_slice;
    uint32_t m_sliceIndex = 0;
};

static_assert(eif::Source<EifSource>);

} // namespace nitroscope::boot
