// SPDX-License-Identifier: GPL-2.0-or-later
//
// The numbers of pcapng (IETF draft-ietf-opsawg-pcapng) that we write or read: block types, fixed sizes,
// option codes. Shared by the writer here and the reader in app/proto/pcapng.
#pragma once

#include <cstddef>
#include <cstdint>

namespace nitroscope::pcapng {

inline constexpr std::uint32_t byteOrderMagic = 0x1a2b3c4d;
inline constexpr std::uint32_t byteOrderMagicSwapped = 0x4d3c2b1a;
inline constexpr std::uint16_t versionMajor = 1;

namespace blockType {
inline constexpr std::uint32_t sectionHeader = 0x0a0d0d0a; // the same in both byte orders
inline constexpr std::uint32_t interfaceDescription = 1;
inline constexpr std::uint32_t simplePacket = 3;
inline constexpr std::uint32_t interfaceStatistics = 5;
inline constexpr std::uint32_t enhancedPacket = 6;
} // namespace blockType

// Every block: u32 type, u32 total length, body, u32 total length again; the length is a multiple of 4.
inline constexpr std::size_t blockHeadBytes = 8;
inline constexpr std::size_t blockTrailerBytes = 4;
inline constexpr std::size_t blockMinimumBytes = blockHeadBytes + blockTrailerBytes;

// Bodies before their data and options.
inline constexpr std::size_t sectionHeaderBytes = 16;       // magic, major, minor, i64 section length
inline constexpr std::size_t interfaceDescriptionBytes = 8; // u16 link type, u16 reserved, u32 snap length
inline constexpr std::size_t enhancedPacketBytes = 20; // interface, time high, time low, captured, original
inline constexpr std::size_t interfaceStatisticsBytes = 12; // interface, time high, time low
inline constexpr std::size_t optionHeadBytes = 4;           // u16 code, u16 length; value padded to 4
inline constexpr std::uint64_t sectionLengthUnknown = ~std::uint64_t{0};

namespace option {
inline constexpr std::uint16_t end = 0;
inline constexpr std::uint16_t comment = 1;
inline constexpr std::uint16_t customBytes = 2989; // custom, binary, may be copied to another file
// Section header
inline constexpr std::uint16_t hardware = 2;
inline constexpr std::uint16_t application = 4;
// Interface description
inline constexpr std::uint16_t interfaceName = 2;
inline constexpr std::uint16_t interfaceText = 3;
inline constexpr std::uint16_t timeResolution = 9; // u8: power of ten, or of two with the top bit set
inline constexpr std::uint16_t timeOffset = 14;    // i64 seconds
// Enhanced packet
inline constexpr std::uint16_t packetFlags = 2; // u32, direction in the lowest two bits
// Interface statistics
inline constexpr std::uint16_t received = 4; // u64
inline constexpr std::uint16_t dropped = 5;  // u64
} // namespace option

inline constexpr std::uint8_t nanoseconds = 9; // value of timeResolution

constexpr std::size_t padded(std::size_t bytes) {
    return (bytes + 3) & ~std::size_t{3};
}

} // namespace nitroscope::pcapng
