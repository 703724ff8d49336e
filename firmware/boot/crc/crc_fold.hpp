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

#include "firmware/boot/crc/crc_power.hpp"
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

struct FourLanes {
    __m128i lane0, lane1, lane2, lane3;
};

NITROSCOPE_TARGET_PCLMUL inline FourLanes loadFour(const std::byte *data) {
    return {load(data), load(data + 16), load(data + 32), load(data + 48)};
}

// Folds all lanes over `next`, and loads there what follows at `data`. Written out because of emulators:
// there a register is memory, and the host's CPU can read as a whole only after a while what has just been
// written in two halves. So data is loaded in halves and ahead of its use, and each step is done for all
// lanes before the next one; a compiler would keep the steps of a lane together. Real CPUs do not care.
NITROSCOPE_TARGET_PCLMUL inline void foldFour(FourLanes &lanes, FourLanes &next, const std::byte *data) {
    const __m128i constants = _mm_set_epi64x(static_cast<long long>(foldConstant(512 - 32)),
                                             static_cast<long long>(foldConstant(512 + 32)));
    __m128i high0, high1, high2, high3;
    asm("movdqa %[lane0], %[high0]\n\t"
        "movdqa %[lane1], %[high1]\n\t"
        "movdqa %[lane2], %[high2]\n\t"
        "movdqa %[lane3], %[high3]\n\t"
        "pclmulqdq $0x11, %[constants], %[lane0]\n\t"
        "pclmulqdq $0x11, %[constants], %[lane1]\n\t"
        "pclmulqdq $0x11, %[constants], %[lane2]\n\t"
        "pclmulqdq $0x11, %[constants], %[lane3]\n\t"
        "pclmulqdq $0x00, %[constants], %[high0]\n\t"
        "pclmulqdq $0x00, %[constants], %[high1]\n\t"
        "pclmulqdq $0x00, %[constants], %[high2]\n\t"
        "pclmulqdq $0x00, %[constants], %[high3]\n\t"
        "pxor %[next0], %[lane0]\n\t"
        "pxor %[next1], %[lane1]\n\t"
        "pxor %[next2], %[lane2]\n\t"
        "pxor %[next3], %[lane3]\n\t"
        "movq 0(%[data]), %[next0]\n\t"
        "movhps 8(%[data]), %[next0]\n\t"
        "movq 16(%[data]), %[next1]\n\t"
        "movhps 24(%[data]), %[next1]\n\t"
        "movq 32(%[data]), %[next2]\n\t"
        "movhps 40(%[data]), %[next2]\n\t"
        "movq 48(%[data]), %[next3]\n\t"
        "movhps 56(%[data]), %[next3]\n\t"
        "pxor %[high0], %[lane0]\n\t"
        "pxor %[high1], %[lane1]\n\t"
        "pxor %[high2], %[lane2]\n\t"
        "pxor %[high3], %[lane3]"
        : [lane0] "+x"(lanes.lane0), [lane1] "+x"(lanes.lane1), [lane2] "+x"(lanes.lane2),
          [lane3] "+x"(lanes.lane3), [next0] "+x"(next.lane0), [next1] "+x"(next.lane1),
          [next2] "+x"(next.lane2), [next3] "+x"(next.lane3), [high0] "=&x"(high0), [high1] "=&x"(high1),
          [high2] "=&x"(high2), [high3] "=&x"(high3)
        : [data] "r"(data), [constants] "x"(constants), "m"(*reinterpret_cast<const std::byte(*)[64]>(data)));
}

} // namespace detail

// Continues a running state (not inverted) over `size` bytes at any alignment.
NITROSCOPE_TARGET_PCLMUL inline uint32_t crcByFolding(uint32_t state, const std::byte *data, size_t size) {
    if (size < 64)
        return eif::detail::crcBytes(state, data, size);
    using detail::fold, detail::foldFour, detail::FourLanes, detail::load, detail::loadFour;
    FourLanes lanes = loadFour(data);
    lanes.lane0 = _mm_xor_si128(lanes.lane0, _mm_cvtsi32_si128(static_cast<int>(state)));
    data += 64, size -= 64;
    if (size >= 128) {
        FourLanes next = loadFour(data);
        for (data += 64, size -= 64; size >= 64; data += 64, size -= 64)
            foldFour(lanes, next, data);
        data -= 64, size += 64; // what `next` holds is folded below
    }
    for (; size >= 64; data += 64, size -= 64) {
        lanes.lane0 = fold<512>(lanes.lane0, load(data));
        lanes.lane1 = fold<512>(lanes.lane1, load(data + 16));
        lanes.lane2 = fold<512>(lanes.lane2, load(data + 32));
        lanes.lane3 = fold<512>(lanes.lane3, load(data + 48));
    }
    __m128i lane = fold<128>(fold<128>(fold<128>(lanes.lane0, lanes.lane1), lanes.lane2), lanes.lane3);
    for (; size >= 16; data += 16, size -= 16)
        lane = fold<128>(lane, load(data));
    alignas(16) std::byte last[16];
    _mm_store_si128(reinterpret_cast<__m128i *>(last), lane);
    return eif::detail::crcBytes(eif::detail::crcBytes(0, last, sizeof last), data, size);
}

} // namespace nitroscope::boot
