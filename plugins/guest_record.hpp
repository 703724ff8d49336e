// SPDX-License-Identifier: GPL-2.0-or-later
//
// Records of plugins go where the devices' records go: into the machine's capture stream, interface `guest`
// (docs/capture-format.md). The machine exports one function for that, which is looked up at run time, so
// that the plugin also loads into a QEMU or a machine without a stream and then costs nothing.
#pragma once

#include "nsm-device/cbor/cbor_writer.hpp"

#include <array>
#include <string_view>

namespace nitroscope::plugins {

// One CBOR map with text keys, `kind` first. What does not fit is not sent: records are small by design.
class GuestRecord {
public:
    explicit GuestRecord(std::string_view kind);

    GuestRecord &number(std::string_view key, std::uint64_t value);
    GuestRecord &signedNumber(std::string_view key, std::int64_t value);
    GuestRecord &text(std::string_view key, std::string_view value); // UTF-8 or cut where it stops to be
    GuestRecord &numbers(std::string_view key, std::span<const std::uint64_t> values);
    // From any thread; takes the stream's short lock, never waits for its reader.
    void send();

private:
    std::array<std::byte, 1024> m_buffer;
    cbor::Writer m_writer{m_buffer};
};

} // namespace nitroscope::plugins
