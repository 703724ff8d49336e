// SPDX-License-Identifier: GPL-2.0-or-later
//
// The plan follows the file's order, for the checksum covers headers and data as they come; see measure.hpp
// for what belongs to which register.

#include "qemu-machine/launch/measure_plan.hpp"

#include "qemu-machine/launch/hash/sha384_pair.hpp"

namespace nitroscope::launch {

uint64_t Plan::totalBytes() const {
    uint64_t total = 0;
    for (const Pieces *pieces : {&whole, &pcr2, &pcr1})
        for (const Piece &piece : *pieces)
            total += piece.size;
    return total;
}

Plan makePlan(const ByteSource &source, const eif::Image &image, const ByteSource &append,
              const ByteSource *extraRamdisk, unsigned processors) {
    Plan plan;
    size_t ramdisks = 0;
    bool pcr1Ended = false; // something of PCR 2 has been hashed into PCR 0
    plan.hashes = image.loadable();
    plan.checks = image.crcComputable();
    const auto addToPcr0 = [&](Piece piece, bool isForPcr1) {
        piece.isForPcr0 = true;
        piece.isForPcr2 = !isForPcr1;
        plan.whole.push_back(piece);
        (isForPcr1 ? plan.pcr1 : plan.pcr2).push_back(piece);
        if (isForPcr1) {
            plan.pcr1Pieces = plan.whole.size();
            plan.pcr1IsPrefix = plan.pcr1IsPrefix && !pcr1Ended;
        } else {
            pcr1Ended = true;
        }
    };
    const auto addToChecksum = [&](uint64_t offset, uint64_t size) {
        if (plan.checks)
            plan.whole.push_back({.source = &source, .offset = offset, .size = size, .isForChecksum = true});
    };
    addToChecksum(0, eif::crcOffset);
    for (const eif::Section &section : image.used()) {
        const bool isRamdisk = section.type == eif::SectionType::ramdisk;
        const bool isCmdline = section.type == eif::SectionType::cmdline;
        const bool isMeasured = isRamdisk || isCmdline || section.type == eif::SectionType::kernel;
        addToChecksum(section.headerOffset, eif::sectionHeaderSize);
        if (plan.hashes && isMeasured)
            addToPcr0({.source = &source,
                       .offset = section.dataOffset,
                       .size = section.dataSize,
                       .isForChecksum = plan.checks},
                      !isRamdisk || ramdisks++ == 0);
        else
            addToChecksum(section.dataOffset, section.dataSize);
        if (plan.hashes && isCmdline && append.size() > 0)
            addToPcr0({.source = &append, .offset = 0, .size = append.size()}, true);
    }
    if (plan.hashes && extraRamdisk)
        addToPcr0({.source = extraRamdisk, .offset = 0, .size = extraRamdisk->size()}, ramdisks == 0);
    plan.pairs = plan.hashes && processors < 2 && Sha384Pair::isSupported();
    if (plan.pcr1IsPrefix)
        plan.pcr1.clear();
    if (plan.pairs)
        plan.pcr2.clear();
    return plan;
}

} // namespace nitroscope::launch
