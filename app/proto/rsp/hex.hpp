// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

namespace nitroscope::rsp {

// 0..15, or -1 for what is no hexadecimal digit.
constexpr int hexDigitValue(char digit) {
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    if (digit >= 'a' && digit <= 'f')
        return digit - 'a' + 10;
    if (digit >= 'A' && digit <= 'F')
        return digit - 'A' + 10;
    return -1;
}

} // namespace nitroscope::rsp
