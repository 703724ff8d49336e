// SPDX-License-Identifier: GPL-2.0-or-later
//
// One record of the machine interface: a flat CBOR map with text keys, "kind" first (docs/capture-format.md).
// Built on the stack; long texts are cut, bytes that are not UTF-8 become question marks, because CBOR text
// must be UTF-8.
#pragma once

#include "nsm-device/cbor/cbor_writer.hpp"
#include "qemu-machine/capture/core/block_buffer.hpp"

namespace nitroscope::capture {

inline constexpr std::size_t maximumText = 512; // bytes of one text value or comment

// Copies `text` to `out`, cut between characters and made valid UTF-8. The bytes used.
std::size_t cleanText(std::string_view text, std::span<char, maximumText> out);

class MachineRecord {
public:
    explicit MachineRecord(std::string_view kind) { text("kind", kind); }

    // An empty text is left out.
    MachineRecord &text(std::string_view key, std::string_view value);
    MachineRecord &text(std::string_view key, const char *value) {
        return text(key, value ? std::string_view(value) : std::string_view());
    }
    MachineRecord &number(std::string_view key, std::uint64_t value);
    // Left out when 0, or below 0: the ABI's ways of saying "none".
    MachineRecord &id(std::string_view key, std::uint64_t value) {
        return value ? number(key, value) : *this;
    }
    MachineRecord &index(std::string_view key, int value) {
        return value >= 0 ? number(key, static_cast<std::uint64_t>(value)) : *this;
    }
    MachineRecord &boolean(std::string_view key, bool value);
    MachineRecord &bytes(std::string_view key, Bytes value);

    // The finished map; empty if it did not fit, which maximumText excludes for all records we make.
    Bytes encoded();

private:
    std::array<std::byte, 4096> m_buffer;
    cbor::Writer m_writer{std::span(m_buffer).subspan(1)}; // byte 0 is the map's head, known last
    std::uint8_t m_pairs = 0;                              // below 24
};

} // namespace nitroscope::capture
