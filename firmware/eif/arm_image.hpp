// SPDX-License-Identifier: GPL-2.0-or-later
//
// The 64-byte header of an aarch64 Linux Image: where the kernel wants to be and how much memory it takes. Specified
// by Linux, Documentation/arch/arm64/booting.rst; all fields are little-endian. An EFI zboot kernel, which holds an
// Image compressed (drivers/firmware/efi/libstub/zboot-header.S), has the same magic and is told apart here.
#pragma once

#include "firmware/eif/image.hpp"
#include "firmware/eif/problem.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace nitroscope::eif {

namespace arm {
inline constexpr uint64_t zbootOffset = 4;  // "zimg"
inline constexpr uint64_t textOffset = 8;   // u64, of the load address from a 2 MiB boundary
inline constexpr uint64_t imageSize = 16;   // u64, with .bss; 0 before Linux 3.17
inline constexpr uint64_t flagsOffset = 24; // u64
inline constexpr uint64_t magicOffset = 56; // "ARM\x64"
inline constexpr uint64_t headerBytes = 64;
inline constexpr uint32_t magic = 0x644d5241;
inline constexpr uint32_t zbootMagic = 0x676d697a;
inline constexpr uint16_t gzipMagic = 0x8b1f;
inline constexpr uint64_t bigEndian = 1u << 0;     // in the flags
inline constexpr uint64_t oldTextOffset = 0x80000; // of kernels whose header has no image_size
inline constexpr uint64_t baseAlignment = uint64_t{2} << 20;
} // namespace arm

struct ArmImage {
    uint64_t textOffset = 0; // as in the header
    uint64_t imageSize = 0;  // as in the header
    uint64_t flags = 0;
    uint64_t fileSize = 0; // bytes to load

    // Bytes from a 2 MiB boundary to the first byte of the kernel.
    constexpr uint64_t loadOffset() const { return imageSize == 0 ? arm::oldTextOffset : textOffset; }
    // Bytes of memory from there on.
    constexpr uint64_t memorySize() const { return imageSize > fileSize ? imageSize : fileSize; }
};

// `width` bytes from `offset` on, which the caller knows to be there.
constexpr uint64_t loadLittle(std::span<const std::byte> bytes, uint64_t offset, unsigned width) {
    uint64_t value = 0;
    for (unsigned i = 0; i < width; ++i)
        value |= std::to_integer<uint64_t>(bytes[offset + i]) << 8 * i;
    return value;
}

// Whether the magic is there, which may be before the header is whole.
constexpr bool hasArmMagic(std::span<const std::byte> head) {
    return head.size() >= arm::magicOffset + 4 && loadLittle(head, arm::magicOffset, 4) == arm::magic;
}

constexpr bool isZboot(std::span<const std::byte> head) {
    return head.size() >= arm::zbootOffset + 4 && loadLittle(head, arm::zbootOffset, 4) == arm::zbootMagic;
}

// The header's fields; nothing for all other kernels, zboot among them.
constexpr std::optional<ArmImage> parseArmImage(std::span<const std::byte> head) {
    if (head.size() < arm::headerBytes || !hasArmMagic(head) || isZboot(head))
        return std::nullopt;
    return ArmImage{loadLittle(head, arm::textOffset, 8), loadLittle(head, arm::imageSize, 8),
                    loadLittle(head, arm::flagsOffset, 8), 0};
}

struct ArmImageResult {
    ArmImage image;
    DiagnosticList diagnostics; // offsets are in the EIF when an origin was given

    constexpr bool bootable() const { return diagnostics.errorCount() == 0; }
    constexpr const Diagnostic *firstError() const { return diagnostics.firstError(); }
};

namespace detail {

class ArmImageParser {
public:
    constexpr ArmImageParser(std::span<const std::byte> head, uint64_t fileSize, KernelOrigin origin)
        : m_head(head.first(head.size() < fileSize ? head.size() : static_cast<size_t>(fileSize))),
          m_fileSize(fileSize), m_origin(origin) {}

    constexpr ArmImageResult parse() {
        if (identify())
            checkFields();
        return m_result;
    }

private:
    constexpr void report(Problem problem, uint64_t offset, uint64_t length, uint64_t found = 0,
                          uint64_t expected = 0) {
        m_result.diagnostics.add({.problem = problem,
                                  .severity = severity(problem),
                                  .section = static_cast<int8_t>(m_origin.section),
                                  .offset = m_origin.dataOffset + offset,
                                  .length = length,
                                  .found = found,
                                  .expected = expected});
    }

    // Says what it is instead when it is something well known. zboot first: it has the magic of an Image, too.
    constexpr bool identify() {
        constexpr uint32_t elfMagic = 0x464c457f, hdrS = 0x53726448;
        constexpr uint64_t hdrSOffset = 0x202;
        const auto word = [this](uint64_t offset) {
            return m_head.size() >= offset + 4 ? loadLittle(m_head, offset, 4) : 0;
        };
        if (isZboot(m_head))
            report(Problem::kernelIsZboot, arm::zbootOffset, 4, arm::zbootMagic);
        else if ((word(0) & 0xffff) == arm::gzipMagic)
            report(Problem::kernelIsGzip, 0, 2, arm::gzipMagic);
        else if (word(0) == elfMagic)
            report(Problem::kernelIsElf, 0, 4, elfMagic, arm::magic);
        else if (word(hdrSOffset) == hdrS)
            report(Problem::kernelIsX86, hdrSOffset, 4, hdrS, arm::magic);
        else if (m_head.size() < arm::headerBytes)
            report(Problem::kernelTooShort, 0, m_fileSize, m_fileSize, arm::headerBytes);
        else if (!hasArmMagic(m_head))
            report(Problem::kernelNotArmImage, arm::magicOffset, 4, word(arm::magicOffset), arm::magic);
        else
            return true;
        return false;
    }

    constexpr void checkFields() {
        ArmImage &image = m_result.image = *parseArmImage(m_head);
        image.fileSize = m_fileSize;
        if (image.flags & arm::bigEndian)
            report(Problem::kernelBigEndian, arm::flagsOffset, 8, image.flags);
        if (image.imageSize != 0 && image.imageSize < m_fileSize)
            report(Problem::kernelImageSizeBad, arm::imageSize, 8, image.imageSize, m_fileSize);
    }

    std::span<const std::byte> m_head;
    uint64_t m_fileSize;
    KernelOrigin m_origin;
    ArmImageResult m_result;
};

} // namespace detail

// `head` is the start of the kernel, as much as there is of a page; `fileSize` its full size.
constexpr ArmImageResult parseArmKernel(std::span<const std::byte> head, uint64_t fileSize,
                                        KernelOrigin origin = {}) {
    return detail::ArmImageParser(head, fileSize, origin).parse();
}

} // namespace nitroscope::eif
