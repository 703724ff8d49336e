// SPDX-License-Identifier: GPL-2.0-or-later
//
// The 64-byte header of an aarch64 Linux Image, as far as it is told from other kernels and shown. Specified by
// Linux, Documentation/arch/arm64/booting.rst; all fields are little-endian.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace nitroscope::eif {

namespace arm {
inline constexpr uint64_t textOffset = 8;   // u64, of the load address from a 2 MiB boundary
inline constexpr uint64_t imageSize = 16;   // u64, with .bss
inline constexpr uint64_t magicOffset = 56; // "ARM\x64"
inline constexpr uint64_t headerBytes = 64;
inline constexpr uint32_t magic = 0x644d5241;
} // namespace arm

struct ArmImage {
    uint64_t textOffset = 0;
    uint64_t imageSize = 0;
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

// Nothing for all other kernels.
constexpr std::optional<ArmImage> parseArmImage(std::span<const std::byte> head) {
    if (head.size() < arm::headerBytes || !hasArmMagic(head))
        return std::nullopt;
    return ArmImage{loadLittle(head, arm::textOffset, 8), loadLittle(head, arm::imageSize, 8)};
}

} // namespace nitroscope::eif
