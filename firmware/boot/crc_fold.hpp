// SPDX-License-Identifier: GPL-2.0-or-later
//
// CRC32 by carry-less multiplication (PCLMULQDQ), 64 bytes per step in four lanes. The method is Gopal et
// al., "Fast CRC Computation for Generic Polynomials Using PCLMULQDQ" (Intel, 2009), in its bit-reflected
// form: a 128-bit lane that stands d bits before the next one is replaced by its remainder-equivalent there,
// that is by  high * x^(d+32) + low * x^(d-32)  modulo the CRC polynomial. What is left at the end is 16
// bytes whose CRC, by the table, is the CRC of everything.
//
// Works in the firmware and on the host; call only when CPUID reports PCLMULQDQ and SSE is enabled.
#pragma once

#include "firmware/boot/crc_power.hpp"
#include "firmware/eif/crc32.hpp"

#include <cstddef>
#include <cstdint>
#include <emmintrin.h>
#include <wmmintrin.h>

namespace nitroscope::boot {

// As the reflected multiplication wants it: shifted left by one, because a product of two reflected 64-bit
// numbers has 127 bits.
constexpr uint64_t foldConstant(unsigned n) {
    return uint64_t{powerOfX(n)} << 1;
}

namespace detail {

#define NITROSCOPE_TARGET_PCLMUL __attribute__((target("sse2,pclmul")))

template <unsigned distance> // in bits
NITROSCOPE_TARGET_PCLMUL inline __m128i fold(__m128i lane, __m128i next) {
    constexpr uint64_t forHigh = foldConstant(distance + 32), forLow = foldConstant(distance - 32);
    const __m128i constants = _mm_set_epi64x(static_cast<long long>(forLow), static_cast<long long>(forHigh));
    // In reflected order the low half of the register holds the higher powers.
    const __m128i high = _mm_clmulepi64_si128(lane, constants, 0x00);
    const __m128i low = _mm_clmulepi64_si128(lane, constants, 0x11);
    return _mm_xor_si128(_mm_xor_si128(high, low), next);
}

NITROSCOPE_TARGET_PCLMUL inline __m128i load(const std::byte *data) {
    return _mm_loadu_si128(reinterpret_cast<const __m128i *>(data));
}

} // namespace detail

// Continues a running state (not inverted) over `size` bytes at any alignment.
NITROSCOPE_TARGET_PCLMUL inline uint32_t crcByFolding(uint32_t state, const std::byte *data, size_t size) {
    if (size < 64)
        return eif::detail::crcBytes(state, data, size);
    using detail::fold, detail::load;
    __m128i lane0 = _mm_xor_si128(load(data), _mm_cvtsi32_si128(static_cast<int>(state)));
    __m128i lane1 = load(data + 16), lane2 = load(data + 32), lane3 = load(data + 48);
    for (data += 64, size -= 64; size >= 64; data += 64, size -= 64) {
        lane0 = fold<512>(lane0, load(data));
        lane1 = fold<512>(lane1, load(data + 16));
        lane2 = fold<512>(lane2, load(data + 32));
        lane3 = fold<512>(lane3, load(data + 48));
    }
    __m128i lane = fold<128>(fold<128>(fold<128>(lane0, lane1), lane2), lane3);
    for (; size >= 16; data += 16, size -= 16)
        lane = fold<128>(lane, load(data));
    alignas(16) std::byte last[16];
    _mm_store_si128(reinterpret_cast<__m128i *>(last), lane);
    return eif::detail::crcBytes(eif::detail::crcBytes(0, last, sizeof last), data, size);
}

} // namespace nitroscope::boot
