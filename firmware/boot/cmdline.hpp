// SPDX-License-Identifier: GPL-2.0-or-later
//
// The kernel's command line: the EIF's text, one space and the user's additions, and what the platform
// appends (its virtio-mmio devices). Put together in place behind the EIF's text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace nitroscope::boot {

// How much of the EIF's text counts: up to the first zero byte, without line breaks at the end. Otherwise the
// kernel would never see what is appended. The parser has warned about both.
constexpr uint64_t usableCmdline(std::span<const std::byte> text) {
    uint64_t size = 0;
    while (size < text.size() && text[size] != std::byte{0})
        ++size;
    while (size > 0 && (text[size - 1] == std::byte{'\n'} || text[size - 1] == std::byte{'\r'}))
        --size;
    return size;
}

} // namespace nitroscope::boot
