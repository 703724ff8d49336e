// SPDX-License-Identifier: GPL-2.0-or-later
//
// Brings the sections of the EIF to their places by DMA and computes the file's CRC on the way, so that every
// byte is moved once and read once. Pieces of 1 MiB are still in the CPU's cache when the CRC reads them.
#pragma once

#include "firmware/boot/eif_source.hpp"
#include "firmware/boot/fast_crc.hpp"
#include "firmware/boot/target.hpp"
#include "firmware/eif/parser.hpp"

#include <array>
#include <cstdint>

namespace nitroscope::boot {

struct LoadedRamdisk {
    uint64_t address = 0;
    uint64_t size = 0; // bytes
};

inline constexpr unsigned maxRamdisks = eif::maxSections + 1; // one from outside the EIF

// Ramdisks are concatenated; Linux looks for the next archive at a multiple of four bytes.
constexpr uint64_t ramdiskAlignment = 4;

// Lengths of all ramdisks with the padding between them.
uint64_t totalRamdiskSize(const eif::Image &image, uint64_t extraSize);

class Loader {
public:
    Loader(EifSource &source, const eif::Image &image) : m_source(source), m_image(image) {}

    // Loads everything by the plan; with a null plan, or for sections that do not boot, only the CRC is
    // computed. False when a read fails.
    bool load(const Plan *plan);

    // The file behind the EIF's ramdisks; not part of the CRC.
    bool loadExtraRamdisk(const FwCfg &fwCfg, const FwCfgFile &file);

    uint32_t crc() const { return m_crc.value(); }
    uint64_t cmdlineSize() const { return m_cmdlineSize; } // bytes in target::cmdlineRoom()
    std::span<const LoadedRamdisk> ramdisks() const { return {m_ramdisks.data(), m_ramdiskCount}; }

private:
    bool stream(uint64_t offset, uint64_t length);
    bool loadTo(uint64_t offset, uint64_t length, uint64_t address);
    bool loadSection(unsigned index, const Plan *plan);
    uint64_t placeRamdisk(uint64_t size);

    EifSource &m_source;
    const eif::Image &m_image;
    FastCrc m_crc;
    std::array<LoadedRamdisk, maxRamdisks> m_ramdisks{};
    unsigned m_ramdiskCount = 0;
    uint64_t m_ramdiskEnd = 0; // where the next one goes, not yet aligned
    uint64_t m_cmdlineSize = 0;
};

} // namespace nitroscope::boot
