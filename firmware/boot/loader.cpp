// SPDX-License-Identifier: GPL-2.0-or-later
#include "firmware/boot/loader.hpp"

#include "firmware/boot/cpu.hpp"

namespace nitroscope::boot {

namespace {

// Bytes per DMA transfer. Emulators grow their table of address translations with the pages that are used
// between two flushes, and the kernel would pay for the size of that table with each of its own flushes: a
// piece is half of QEMU's smallest table, and is flushed when it is done.
constexpr uint64_t pieceSize = 1 << 19;

alignas(16) std::array<std::byte, 65536> scratch; // for what is checked but not kept

} // namespace

uint64_t totalRamdiskSize(const eif::Image &image, uint64_t extraSize) {
    uint64_t total = 0;
    for (const eif::Section &section : image.used())
        if (section.type == eif::SectionType::ramdisk)
            total = detail::alignUp(total, ramdiskAlignment) + section.dataSize;
    return extraSize == 0 ? total : detail::alignUp(total, ramdiskAlignment) + extraSize;
}

bool Loader::load(const Plan *plan) {
    m_ramdiskEnd = plan ? plan->ramdiskAddress : 0;
    if (!stream(0, eif::crcOffset))
        return false;
    for (unsigned i = 0; i < m_image.sectionCount; ++i)
        if (!loadSection(i, plan))
            return false;
    return true;
}

bool Loader::loadSection(unsigned index, const Plan *plan) {
    const eif::Section &section = m_image.sections[index];
    if (section.dataOffset == 0)
        return true; // not in the file
    if (!stream(section.headerOffset, eif::sectionHeaderSize))
        return false;
    const bool isFirst = m_image.find(section.type) == static_cast<int>(index);
    if (section.type == eif::SectionType::kernel && plan && isFirst)
        return stream(section.dataOffset, target::skippedBytes()) &&
               loadTo(section.dataOffset + target::skippedBytes(), target::loadedBytes(),
                      plan->kernelAddress);
    if (section.type == eif::SectionType::cmdline && isFirst) {
        m_cmdlineSize = section.availableSize;
        if (m_cmdlineSize < target::cmdlineRoom().size())
            return loadTo(section.dataOffset, m_cmdlineSize, physicalAddress(target::cmdlineRoom().data()));
    }
    if (section.type == eif::SectionType::ramdisk && plan)
        return loadTo(section.dataOffset, section.availableSize, placeRamdisk(section.availableSize));
    return stream(section.dataOffset, section.availableSize);
}

uint64_t Loader::placeRamdisk(uint64_t size) {
    const uint64_t address = detail::alignUp(m_ramdiskEnd, ramdiskAlignment);
    for (uint64_t at = m_ramdiskEnd; at < address; ++at)
        *atPhysical(at) = std::byte{0};
    m_ramdisks[m_ramdiskCount++] = {.address = address, .size = size};
    m_ramdiskEnd = address + size;
    return address;
}

bool Loader::loadExtraRamdisk(const FwCfg &fwCfg, const FwCfgFile &file) {
    return fwCfg.read(file, 0, placeRamdisk(file.size), file.size);
}

bool Loader::stream(uint64_t offset, uint64_t length) {
    return eif::updateFrom(m_source, offset, length, scratch, m_crc);
}

bool Loader::loadTo(uint64_t offset, uint64_t length, uint64_t address) {
    while (length > 0) {
        const uint64_t piece = length < pieceSize ? length : pieceSize;
        if (!m_source.readTo(offset, address, piece))
            return false;
        m_crc.update({atPhysical(address), piece});
        flushTlb();
        offset += piece;
        address += piece;
        length -= piece;
    }
    return true;
}

} // namespace nitroscope::boot
