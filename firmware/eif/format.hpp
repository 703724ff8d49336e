// SPDX-License-Identifier: GPL-2.0-or-later
//
// The enclave image format (EIF) in numbers: where every field of the file header and of a section header
// lies, how wide it is, and which values it may have. The names are those of AWS's format description
// (aws-nitro-enclaves-image-format, README). Everything in an EIF is big-endian.
//
// Freestanding: the boot firmware, the machine, the app, tests and fuzzers all compile this file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace nitroscope::eif {

// ---- file header, 548 bytes ----
inline constexpr uint64_t headerSize = 0x224;
inline constexpr uint32_t magicValue = 0x2e656966; // ".eif"
inline constexpr unsigned maxSections = 32;
inline constexpr unsigned minSections = 2; // a kernel and a command line

inline constexpr uint64_t magicOffset = 0x000;          // u32
inline constexpr uint64_t versionOffset = 0x004;        // u16
inline constexpr uint64_t flagsOffset = 0x006;          // u16
inline constexpr uint64_t defaultMemoryOffset = 0x008;  // u64, bytes
inline constexpr uint64_t defaultCpusOffset = 0x010;    // u64
inline constexpr uint64_t reservedOffset = 0x018;       // u16, zero
inline constexpr uint64_t sectionCountOffset = 0x01a;   // u16
inline constexpr uint64_t sectionOffsetsOffset = 0x01c; // u64[32], where each section's header starts
inline constexpr uint64_t sectionSizesOffset = 0x11c;   // u64[32], data without the section header
inline constexpr uint64_t unusedOffset = 0x21c;         // u32, zero
inline constexpr uint64_t crcOffset = 0x220;            // u32; the CRC skips exactly these four bytes
inline constexpr uint64_t crcSize = 4;

inline constexpr uint16_t minVersion = 2;      // 0 and 1 never left AWS
inline constexpr uint16_t maxVersion = 4;      // current
inline constexpr uint16_t metadataVersion = 4; // from here on metadata is mandatory

inline constexpr uint16_t flagArm64 = 1u << 0; // clear: x86_64
inline constexpr uint16_t flagsKnown = flagArm64;

// Whose images a reader can start; `any` is for who only looks at them.
enum class Machine : uint8_t { x86_64, aarch64, any };

// What nitro-cli writes into the two default fields; nothing ever reads them.
inline constexpr uint64_t usualDefaultMemory = uint64_t{1} << 30;
inline constexpr uint64_t usualDefaultCpus = 2;

// ---- section header, 12 bytes, directly before the section's data ----
inline constexpr uint64_t sectionHeaderSize = 12;
inline constexpr uint64_t sectionTypeOffset = 0;  // u16
inline constexpr uint64_t sectionFlagsOffset = 2; // u16, zero
inline constexpr uint64_t sectionSizeOffset = 4;  // u64, same value as in the file header's table

enum class SectionType : uint16_t {
    invalid = 0,
    kernel = 1,
    cmdline = 2,
    ramdisk = 3,
    signature = 4,
    metadata = 5,
};
inline constexpr uint16_t lastKnownType = 5;

inline constexpr uint64_t maxSignatureSize = 32768; // bytes
inline constexpr uint64_t usualMaxCmdline = 2047;   // bytes; COMMAND_LINE_SIZE of x86 kernels less its zero

// ---- big-endian loads; the caller has checked that the bytes exist ----
constexpr uint64_t loadBig(std::span<const std::byte> bytes, uint64_t offset, unsigned width) {
    uint64_t value = 0;
    for (unsigned i = 0; i < width; ++i)
        value = value << 8 | std::to_integer<uint64_t>(bytes[offset + i]);
    return value;
}
constexpr uint16_t loadBig16(std::span<const std::byte> bytes, uint64_t offset) {
    return static_cast<uint16_t>(loadBig(bytes, offset, 2));
}
constexpr uint32_t loadBig32(std::span<const std::byte> bytes, uint64_t offset) {
    return static_cast<uint32_t>(loadBig(bytes, offset, 4));
}
constexpr uint64_t loadBig64(std::span<const std::byte> bytes, uint64_t offset) {
    return loadBig(bytes, offset, 8);
}

} // namespace nitroscope::eif
