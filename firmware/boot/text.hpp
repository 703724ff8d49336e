// SPDX-License-Identifier: GPL-2.0-or-later
//
// Short texts without a library: a fixed buffer that numbers and words are appended to. What does not fit is
// cut, never written.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace nitroscope::boot {

class Text {
public:
    Text() = default;
    explicit Text(std::string_view start) { add(start); }

    Text &add(std::string_view words) {
        for (const char c : words)
            if (m_size < sizeof m_buffer)
                m_buffer[m_size++] = c;
        return *this;
    }

    Text &decimal(uint64_t value) { return number(value, 10); }
    Text &hex(uint64_t value) { return add("0x").number(value, 16); }

    // 0x0000002a with `digits` = 8
    Text &hexPadded(uint64_t value, unsigned digits) {
        for (unsigned i = digits; i-- > 0;)
            add(std::string_view(&digitCharacters[value >> 4 * i & 15], 1));
        return *this;
    }

    std::string_view view() const { return {m_buffer, m_size}; }

private:
    static constexpr char digitCharacters[] = "0123456789abcdef";

    Text &number(uint64_t value, unsigned base) {
        char digits[20];
        size_t count = 0;
        do {
            digits[count++] = digitCharacters[value % base];
            value /= base;
        } while (value != 0);
        while (count > 0)
            add(std::string_view(&digits[--count], 1));
        return *this;
    }

    char m_buffer[256];
    size_t m_size = 0;
};

} // namespace nitroscope::boot
