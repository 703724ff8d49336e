// SPDX-License-Identifier: GPL-2.0-or-later
//
// Powers of x modulo the CRC32 polynomial, from which both fast methods take their constants.
#pragma once

#include "firmware/eif/crc32.hpp"

#include <cstdint>

namespace nitroscope::boot {

// x^n modulo the polynomial, bit-reflected: 0x80000000 is 1.
constexpr uint32_t powerOfX(unsigned n) {
    uint32_t remainder = 0x80000000;
    for (unsigned i = 0; i < n; ++i)
        remainder = remainder >> 1 ^ (remainder & 1 ? eif::crcPolynomial : 0);
    return remainder;
}

} // namespace nitroscope::boot
