// SPDX-License-Identifier: GPL-2.0-or-later
//
// The setup header of an x86 Linux bzImage, as far as a loader needs it: where the kernel wants to be, how
// much memory it takes to unpack itself, how long its command line may be, and which entry points it has.
// Specified by Linux, Documentation/arch/x86/boot.rst; the header is little-endian and starts at 0x1f1.
// Protocol 2.10 (Linux 2.6.31) is the oldest that names its own memory need, so nothing older is taken.
#pragma once

#include "firmware/eif/arm_image.hpp"
#include "firmware/eif/image.hpp"
#include "firmware/eif/problem.hpp"

#include <cstddef>
#include <cstdint>
#include <span>

namespace nitroscope::eif {

namespace setup {
// Offsets of the setup header's fields; the same in the file and in the zero page.
inline constexpr uint64_t setupSects = 0x1f1;          // u8, 512-byte sectors after the first; 0 means 4
inline constexpr uint64_t headerStart = 0x1f1;         // what is copied into the zero page begins here
inline constexpr uint64_t sysSize = 0x1f4;             // u32, protected-mode code in units of 16 bytes
inline constexpr uint64_t bootFlag = 0x1fe;            // u16, 0xaa55
inline constexpr uint64_t jump = 0x200;                // u8 opcode, u8 displacement
inline constexpr uint64_t headerMagic = 0x202;         // "HdrS"; also the base of the jump's displacement
inline constexpr uint64_t version = 0x206;             // u16, e.g. 0x020f
inline constexpr uint64_t versionText = 0x20e;         // u16, file offset of a text less 0x200; 0 = none
inline constexpr uint64_t typeOfLoader = 0x210;        // u8
inline constexpr uint64_t loadFlags = 0x211;           // u8, bit 0 = loaded at 1 MiB or above
inline constexpr uint64_t code32Start = 0x214;         // u32
inline constexpr uint64_t ramdiskImage = 0x218;        // u32
inline constexpr uint64_t ramdiskSize = 0x21c;         // u32
inline constexpr uint64_t cmdLinePtr = 0x228;          // u32
inline constexpr uint64_t initrdAddrMax = 0x22c;       // u32, last byte a ramdisk may use
inline constexpr uint64_t kernelAlignment = 0x230;     // u32
inline constexpr uint64_t relocatable = 0x234;         // u8
inline constexpr uint64_t xloadflags = 0x236;          // u16, protocol 2.12
inline constexpr uint64_t cmdlineSize = 0x238;         // u32, longest command line without its zero
inline constexpr uint64_t payloadOffset = 0x248;       // u32, from the protected-mode code
inline constexpr uint64_t payloadLength = 0x24c;       // u32
inline constexpr uint64_t prefAddress = 0x258;         // u64
inline constexpr uint64_t initSize = 0x260;            // u32, bytes from the load address on
inline constexpr uint64_t minHeaderEnd = 0x264;        // end of init_size
inline constexpr uint64_t maxHeaderEnd = 0x290;        // the zero page has other things from here on
inline constexpr uint16_t minProtocol = 0x020a;        // 2.10
inline constexpr uint16_t xloadflagsProtocol = 0x020c; // 2.12
inline constexpr uint8_t loadedHigh = 1u << 0;         // in loadFlags
inline constexpr uint16_t xlfKernel64 = 1u << 0;       // 64-bit entry at 0x200 of the protected-mode code
inline constexpr uint16_t xlfAbove4G = 1u << 1;        // kernel, ramdisk, command line may lie above 4 GiB
} // namespace setup

inline constexpr uint64_t bzImageHeadSize = 4096; // how much of the kernel parseBzImage() likes to see

struct BzImage {
    uint16_t protocol = 0;       // 0x020f = 2.15
    uint32_t setupBytes = 0;     // real-mode part at the start of the file, not loaded
    uint64_t protectedBytes = 0; // the rest of the file, which is loaded
    uint64_t prefAddress = 0;    // physical
    uint64_t initSize = 0;       // bytes of memory the kernel needs from its load address on
    uint64_t alignment = 0;      // of the load address, a power of two
    uint32_t cmdlineSize = 0;    // bytes without the terminating zero
    uint64_t initrdAddrMax = 0;  // address of the last byte a ramdisk may use
    uint16_t xloadflags = 0;
    bool relocatable = false;
    uint32_t headerEnd = 0;     // setup header ends here in the file, at most 0x290
    uint32_t payloadOffset = 0; // of the compressed kernel, in the file
    uint32_t payloadLength = 0;
    uint32_t versionTextOffset = 0; // in the file; 0 = none

    constexpr bool has64BitEntry() const { return xloadflags & setup::xlfKernel64; }
    // Only the 64-bit entry can reach that far.
    constexpr bool canBeAbove4G() const { return has64BitEntry() && (xloadflags & setup::xlfAbove4G); }
};

struct BzImageResult {
    BzImage image;
    DiagnosticList diagnostics; // offsets are in the EIF when `origin` was given

    constexpr bool bootable() const { return diagnostics.errorCount() == 0; }
    constexpr const Diagnostic *firstError() const { return diagnostics.firstError(); }
};

class BzImageParser {
public:
    BzImageParser(std::span<const std::byte> head, uint64_t fileSize, KernelOrigin origin)
        : m_head(head), m_fileSize(fileSize), m_origin(origin) {}

    BzImageResult parse() {
        if (identify() && checkProtocol()) {
            readFields();
            checkFields();
        }
        return m_result;
    }

private:
    uint64_t load(uint64_t offset, unsigned width) const { return loadLittle(m_head, offset, width); }

    void report(Problem problem, uint64_t offset, uint64_t length, uint64_t found = 0,
                uint64_t expected = 0) {
        m_result.diagnostics.add({.problem = problem,
                                  .severity = severity(problem),
                                  .section = static_cast<int8_t>(m_origin.section),
                                  .offset = m_origin.dataOffset + offset,
                                  .length = length,
                                  .found = found,
                                  .expected = expected});
    }

    // Is it a bzImage at all? Says what it is instead when it is something well known.
    bool identify() {
        const uint64_t size = m_head.size() < m_fileSize ? m_head.size() : m_fileSize;
        constexpr uint32_t elfMagic = 0x464c457f, hdrS = 0x53726448; // little-endian
        if (size >= 4 && load(0, 4) == elfMagic)
            report(Problem::kernelIsElf, 0, 4, elfMagic, hdrS);
        else if (hasArmMagic(m_head.first(static_cast<size_t>(size))))
            report(Problem::kernelIsArm64, arm::magicOffset, 4, arm::magic, hdrS);
        else if (size < setup::minHeaderEnd)
            report(Problem::kernelTooShort, 0, m_fileSize, m_fileSize, setup::minHeaderEnd);
        else if (load(setup::headerMagic, 4) != hdrS)
            report(Problem::kernelNotBzImage, setup::headerMagic, 4, load(setup::headerMagic, 4), hdrS);
        else if (load(setup::bootFlag, 2) != 0xaa55)
            report(Problem::kernelNotBzImage, setup::bootFlag, 2, load(setup::bootFlag, 2), 0xaa55);
        else
            return true;
        return false;
    }

    bool checkProtocol() {
        BzImage &k = m_result.image;
        k.protocol = static_cast<uint16_t>(load(setup::version, 2));
        const uint64_t end = setup::headerMagic + load(setup::jump + 1, 1);
        if (k.protocol < setup::minProtocol) {
            report(Problem::kernelProtocolTooOld, setup::version, 2, k.protocol, setup::minProtocol);
            return false;
        }
        if (end < setup::minHeaderEnd) {
            report(Problem::kernelHeaderCut, setup::jump + 1, 1, end, setup::minHeaderEnd);
            return false;
        }
        k.headerEnd = static_cast<uint32_t>(end < setup::maxHeaderEnd ? end : setup::maxHeaderEnd);
        const uint64_t sectors = load(setup::setupSects, 1);
        k.setupBytes = static_cast<uint32_t>(((sectors == 0 ? 4 : sectors) + 1) * 512);
        if (k.setupBytes >= m_fileSize) {
            report(Problem::kernelSetupCut, setup::setupSects, 1, m_fileSize, k.setupBytes);
            return false;
        }
        if (k.headerEnd > m_head.size() || k.headerEnd > m_fileSize) {
            report(Problem::kernelTooShort, 0, m_fileSize, m_fileSize, k.headerEnd);
            return false;
        }
        k.protectedBytes = m_fileSize - k.setupBytes;
        return true;
    }

    void readFields() {
        BzImage &k = m_result.image;
        k.prefAddress = load(setup::prefAddress, 8);
        k.initSize = load(setup::initSize, 4);
        k.alignment = load(setup::kernelAlignment, 4);
        k.cmdlineSize = static_cast<uint32_t>(load(setup::cmdlineSize, 4));
        k.initrdAddrMax = load(setup::initrdAddrMax, 4);
        k.relocatable = load(setup::relocatable, 1) != 0;
        if (k.protocol >= setup::xloadflagsProtocol)
            k.xloadflags = static_cast<uint16_t>(load(setup::xloadflags, 2));
        k.payloadLength = static_cast<uint32_t>(load(setup::payloadLength, 4));
        const uint64_t payload = load(setup::payloadOffset, 4) + k.setupBytes;
        k.payloadOffset = static_cast<uint32_t>(payload <= UINT32_MAX ? payload : 0);
        const uint64_t text = load(setup::versionText, 2);
        k.versionTextOffset =
            static_cast<uint32_t>(text != 0 && text + 0x200 < m_fileSize ? text + 0x200 : 0);
    }

    void checkFields() {
        const BzImage &k = m_result.image;
        if (!(load(setup::loadFlags, 1) & setup::loadedHigh))
            report(Problem::kernelNotLoadedHigh, setup::loadFlags, 1, load(setup::loadFlags, 1),
                   setup::loadedHigh);
        // A kernel that needs much less memory than its own file has, or over 2 GiB, has a damaged header.
        if (k.initSize < k.protectedBytes / 4 || k.initSize == 0 || k.initSize > uint64_t{1} << 31)
            report(Problem::kernelInitSizeBad, setup::initSize, 4, k.initSize, k.protectedBytes);
        if (k.alignment == 0 || (k.alignment & (k.alignment - 1)) != 0 || k.alignment > uint64_t{1} << 30)
            report(Problem::kernelAlignmentBad, setup::kernelAlignment, 4, k.alignment);
        const uint64_t declared = load(setup::sysSize, 4) * 16;
        if (declared > k.protectedBytes + 15)
            report(Problem::kernelShorterThanDeclared, setup::sysSize, 4, k.protectedBytes, declared);
        if (k.payloadOffset < k.setupBytes || k.payloadOffset > m_fileSize)
            report(Problem::kernelPayloadOutside, setup::payloadOffset, 4, k.payloadOffset, m_fileSize);
        else if (k.payloadLength > m_fileSize - k.payloadOffset)
            report(Problem::kernelPayloadOutside, setup::payloadLength, 4, k.payloadLength,
                   m_fileSize - k.payloadOffset);
        if (!k.has64BitEntry())
            report(Problem::kernelNo64BitEntry, setup::xloadflags, 2, k.xloadflags, setup::xlfKernel64);
    }

    std::span<const std::byte> m_head;
    uint64_t m_fileSize;
    KernelOrigin m_origin;
    BzImageResult m_result;
};

// `head` is the start of the kernel: 4 KiB or the whole file when it is shorter; `fileSize` its full size.
inline BzImageResult parseBzImage(std::span<const std::byte> head, uint64_t fileSize,
                                  KernelOrigin origin = {}) {
    return BzImageParser(head, fileSize, origin).parse();
}

} // namespace nitroscope::eif
