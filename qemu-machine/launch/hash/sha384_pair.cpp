// SPDX-License-Identifier: GPL-2.0-or-later
//
// The compression function for two messages at once; see sha384_pair.hpp.
//
// A vector of four 64-bit words holds two of each message, [first, first, second, second]. The message
// schedule uses all four: word t + 2 needs nothing newer than word t, so two of them are made at once. The
// rounds can only follow one another and use elements 0 and 2; what is in the others is never looked at.

#include "qemu-machine/launch/hash/sha384_pair.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

#ifdef __x86_64__
#include <immintrin.h>
#endif

namespace nitroscope::launch {

namespace {

// FIPS 180-4, section 5.3.4.
constexpr std::array<uint64_t, 8> initialState = {
    0xcbbb9d5dc1059ed8, 0x629a292a367cd507, 0x9159015a3070dd17, 0x152fecd8f70e5939,
    0x67332667ffc00b31, 0x8eb44a8768581511, 0xdb0c2e0d64f98fa7, 0x47b5481dbefa4fa4,
};

#ifdef __x86_64__

// FIPS 180-4, section 4.2.3.
alignas(16) constexpr std::array<uint64_t, 80> roundConstants = {
    0x428a2f98d728ae22, 0x7137449123ef65cd, 0xb5c0fbcfec4d3b2f, 0xe9b5dba58189dbbc, 0x3956c25bf348b538,
    0x59f111f1b605d019, 0x923f82a4af194f9b, 0xab1c5ed5da6d8118, 0xd807aa98a3030242, 0x12835b0145706fbe,
    0x243185be4ee4b28c, 0x550c7dc3d5ffb4e2, 0x72be5d74f27b896f, 0x80deb1fe3b1696b1, 0x9bdc06a725c71235,
    0xc19bf174cf692694, 0xe49b69c19ef14ad2, 0xefbe4786384f25e3, 0x0fc19dc68b8cd5b5, 0x240ca1cc77ac9c65,
    0x2de92c6f592b0275, 0x4a7484aa6ea6e483, 0x5cb0a9dcbd41fbd4, 0x76f988da831153b5, 0x983e5152ee66dfab,
    0xa831c66d2db43210, 0xb00327c898fb213f, 0xbf597fc7beef0ee4, 0xc6e00bf33da88fc2, 0xd5a79147930aa725,
    0x06ca6351e003826f, 0x142929670a0e6e70, 0x27b70a8546d22ffc, 0x2e1b21385c26c926, 0x4d2c6dfc5ac42aed,
    0x53380d139d95b3df, 0x650a73548baf63de, 0x766a0abb3c77b2a8, 0x81c2c92e47edaee6, 0x92722c851482353b,
    0xa2bfe8a14cf10364, 0xa81a664bbc423001, 0xc24b8b70d0f89791, 0xc76c51a30654be30, 0xd192e819d6ef5218,
    0xd69906245565a910, 0xf40e35855771202a, 0x106aa07032bbd1b8, 0x19a4c116b8d2d0c8, 0x1e376c085141ab53,
    0x2748774cdf8eeb99, 0x34b0bcb5e19b48a8, 0x391c0cb3c5c95a63, 0x4ed8aa4ae3418acb, 0x5b9cca4f7763e373,
    0x682e6ff3d6b2b8a3, 0x748f82ee5defb2fc, 0x78a5636f43172f60, 0x84c87814a1f0ab72, 0x8cc702081a6439ec,
    0x90befffa23631e28, 0xa4506cebde82bde9, 0xbef9a3f7b2c67915, 0xc67178f2e372532b, 0xca273eceea26619c,
    0xd186b8c721c0c207, 0xeada7dd6cde0eb1e, 0xf57d4f7fee6ed178, 0x06f067aa72176fba, 0x0a637dc5a2c898a6,
    0x113f9804bef90dae, 0x1b710b35131c471b, 0x28db77f523047d84, 0x32caab7b40c72493, 0x3c9ebe0a15c9bebc,
    0x431d67c49c100d4c, 0x4cc5d4becb3e42b6, 0x597f299cfc657e2a, 0x5fcb6fab3ad6faec, 0x6c44198c4a475817,
};

// The order in which the additions are written is the shortest way to the next round's `e`, and the rounds
// and the schedule are interleaved so that the processor finds work while it waits. The compiler knows
// neither.
#ifndef __clang__
#pragma GCC push_options
#pragma GCC optimize("no-tree-reassoc", "no-schedule-insns2")
#endif
#define ON_BOTH __attribute__((target("avx512f,avx512vl"), always_inline)) inline

using Vector = __m256i;

ON_BOTH Vector add(Vector a, Vector b) {
    return _mm256_add_epi64(a, b);
}

// The three-input functions, as their truth tables.
ON_BOTH Vector exclusiveOr(Vector a, Vector b, Vector c) {
    return _mm256_ternarylogic_epi64(a, b, c, 0x96);
}
ON_BOTH Vector choose(Vector e, Vector f, Vector g) {
    return _mm256_ternarylogic_epi64(e, f, g, 0xca);
}
ON_BOTH Vector majority(Vector a, Vector b, Vector c) {
    return _mm256_ternarylogic_epi64(a, b, c, 0xe8);
}

template <int x, int y, int z>
ON_BOTH Vector rotations(Vector v) {
    return exclusiveOr(_mm256_ror_epi64(v, x), _mm256_ror_epi64(v, y), _mm256_ror_epi64(v, z));
}
template <int x, int y, int shift>
ON_BOTH Vector rotationsAndShift(Vector v) {
    return exclusiveOr(_mm256_ror_epi64(v, x), _mm256_ror_epi64(v, y), _mm256_srli_epi64(v, shift));
}

// The two words that begin in the middle of the one vector and end in the middle of the next.
ON_BOTH Vector middle(Vector low, Vector high) {
    return _mm256_alignr_epi8(high, low, 8);
}

// One round. Instead of moving a to b and so on, each round names them anew.
template <size_t t>
ON_BOTH void round(Vector (&state)[8], Vector constantAndWord) {
    const auto at = [](size_t letter) { return (letter - t) & 7; };
    const Vector a = state[at(0)], b = state[at(1)], c = state[at(2)], e = state[at(4)], f = state[at(5)],
                 g = state[at(6)];
    Vector &d = state[at(3)], &h = state[at(7)];
    const Vector sum1 = rotations<14, 18, 41>(e);
    const Vector early = add(add(h, constantAndWord), choose(e, f, g));
    d = add(add(d, early), sum1);
    h = add(add(add(majority(a, b, c), early), sum1), rotations<28, 34, 39>(a));
}

// Rounds t and t + 1, and between them words t + 16 and t + 17 where somebody needs them.
template <bool isLast, size_t t>
ON_BOTH void twoRounds(Vector (&state)[8], Vector (&words)[8], const uint64_t *constants) {
    constexpr size_t i = t / 2;
    const auto *both = reinterpret_cast<const __m128i *>(constants + t);
    const Vector even = add(words[i], _mm256_broadcastsi128_si256(_mm_load_si128(both)));
    const Vector odd = _mm256_shuffle_epi32(even, 0xee);
    Vector next = words[i];
    if constexpr (!isLast)
        next = add(next, rotationsAndShift<1, 8, 7>(middle(words[i], words[(i + 1) & 7])));
    round<t>(state, even);
    if constexpr (!isLast)
        words[i] = add(add(next, middle(words[(i + 4) & 7], words[(i + 5) & 7])),
                       rotationsAndShift<19, 61, 6>(words[(i + 7) & 7]));
    round<t + 1>(state, odd);
}

template <bool isLast, size_t... pairs>
ON_BOTH void sixteenRounds(Vector (&state)[8], Vector (&words)[8], const uint64_t *constants,
                           std::index_sequence<pairs...>) {
    (twoRounds<isLast, 2 * pairs>(state, words, constants), ...);
}

__attribute__((target("avx512f,avx512vl"))) void compressBoth(std::array<std::array<uint64_t, 8>, 2> &states,
                                                              const std::byte *first, const std::byte *second,
                                                              size_t blocks) {
    const Vector bigEndian =
        _mm256_broadcastsi128_si256(_mm_set_epi8(8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7));
    constexpr auto pairs = std::make_index_sequence<8>();
    Vector state[8];
    for (size_t i = 0; i < 8; ++i)
        state[i] =
            _mm256_set_epi64x(0, static_cast<int64_t>(states[1][i]), 0, static_cast<int64_t>(states[0][i]));
    for (; blocks > 0; --blocks, first += 128, second += 128) {
        Vector words[8], old[8];
        for (size_t i = 0; i < 8; ++i) {
            const Vector both = _mm256_loadu2_m128i(reinterpret_cast<const __m128i *>(second) + i,
                                                    reinterpret_cast<const __m128i *>(first) + i);
            words[i] = _mm256_shuffle_epi8(both, bigEndian);
            old[i] = state[i];
        }
        const uint64_t *constants = roundConstants.data();
        for (size_t part = 0; part < 4; ++part, constants += 16)
            sixteenRounds<false>(state, words, constants, pairs);
        sixteenRounds<true>(state, words, constants, pairs);
        for (size_t i = 0; i < 8; ++i)
            state[i] = add(state[i], old[i]);
    }
    for (size_t i = 0; i < 8; ++i) {
        states[0][i] = static_cast<uint64_t>(_mm256_extract_epi64(state[i], 0));
        states[1][i] = static_cast<uint64_t>(_mm256_extract_epi64(state[i], 2));
    }
}

#undef ON_BOTH
#ifndef __clang__
#pragma GCC pop_options
#endif

#endif // __x86_64__

void storeBigEndian(std::byte *out, uint64_t value) {
    value = std::endian::native == std::endian::little ? __builtin_bswap64(value) : value;
    std::memcpy(out, &value, sizeof value);
}

} // namespace

bool Sha384Pair::isSupported() {
#ifdef __x86_64__
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl");
#else
    return false;
#endif
}

Sha384Pair::Sha384Pair() : m_states{initialState, initialState} {}

void Sha384Pair::compress(Words2 &states, const std::byte *first, const std::byte *second, size_t blocks) {
#ifdef __x86_64__
    if (blocks > 0)
        compressBoth(states, first, second, blocks);
#endif
}

// The other lane does the same for nothing.
void Sha384Pair::compressOne(size_t which, const std::byte *bytes, size_t blocks) {
    Words2 states = {m_states[which], m_states[which]};
    compress(states, bytes, bytes, blocks);
    m_states[which] = states[0];
}

bool Sha384Pair::fillRest(Message &message, std::span<const std::byte> &bytes) {
    const size_t taken = std::min(bytes.size(), blockBytes - message.restBytes);
    std::copy_n(bytes.begin(), taken, message.rest.begin() + static_cast<ptrdiff_t>(message.restBytes));
    message.restBytes += taken;
    bytes = bytes.subspan(taken);
    return message.restBytes == blockBytes;
}

void Sha384Pair::update(std::span<const std::byte> bytes, For which) {
    const size_t count = which == For::both ? 2 : 1;
    std::array<std::span<const std::byte>, 2> left = {bytes, bytes};
    for (size_t i = 0; i < count; ++i) {
        Message &message = m_messages[i];
        message.totalBytes += bytes.size();
        if (message.restBytes > 0 && fillRest(message, left[i])) {
            compressOne(i, message.rest.data(), 1);
            message.restBytes = 0;
        }
    }
    // A message whose begun block is still open has no bytes left, so there are no whole blocks to take.
    size_t blocks = left[0].size() / blockBytes;
    if (count == 2) {
        const size_t common = std::min(blocks, left[1].size() / blockBytes);
        compress(m_states, left[0].data(), left[1].data(), common);
        for (auto &each : left)
            each = each.subspan(common * blockBytes);
    }
    for (size_t i = 0; i < count; ++i) {
        blocks = left[i].size() / blockBytes; // one at most, after common ones
        compressOne(i, left[i].data(), blocks);
        left[i] = left[i].subspan(blocks * blockBytes);
        if (!left[i].empty())
            fillRest(m_messages[i], left[i]);
    }
}

Digest Sha384Pair::digest(size_t which) const {
    const Message &message = m_messages[which];
    std::array<std::byte, 2 *blockBytes> end = {}; // the rest, a one bit, zeros, 128 bits of length in bits
    std::copy_n(message.rest.begin(), message.restBytes, end.begin());
    end[message.restBytes] = std::byte{0x80};
    const size_t blocks = message.restBytes + 1 + 16 <= blockBytes ? 1 : 2;
    storeBigEndian(end.data() + blocks * blockBytes - 16, message.totalBytes >> 61);
    storeBigEndian(end.data() + blocks * blockBytes - 8, message.totalBytes << 3);
    Sha384Pair last = *this;
    last.compressOne(which, end.data(), blocks);
    std::array<std::byte, 64> words;
    for (size_t i = 0; i < 8; ++i)
        storeBigEndian(words.data() + 8 * i, last.m_states[which][i]);
    Digest digest;
    std::memcpy(digest.data(), words.data(), digest.size());
    return digest;
}

} // namespace nitroscope::launch
