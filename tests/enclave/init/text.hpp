// SPDX-License-Identifier: GPL-2.0-or-later
//
// The few text helpers that the demo enclave's init needs: splitting lines and words, numbers, hexadecimal,
// whole small files. It has no shell and no libraries beside it, so they are here.
#pragma once

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace nitroscope::demo {

// Lower-case, two digits for each byte.
std::string hex(std::span<const std::byte> bytes);

// The non-empty parts between any of `separators`.
std::vector<std::string> split(std::string_view text, std::string_view separators);

// Decimal, the whole text, within 32 bits.
std::optional<uint32_t> toNumber(std::string_view text);

// Whole content of a small file, or nothing with errno set. Works for /proc, whose files have no size.
std::optional<std::string> readFile(const char *path);

} // namespace nitroscope::demo
