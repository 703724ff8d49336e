// SPDX-License-Identifier: GPL-2.0-or-later
//
// Two SHA-384 in step on one processor. PCR 0 and PCR 2 are hashes of nearly the same bytes, but of different
// positions in them, so neither can be had from the other; and while the machine measures, another processor
// should be free for the guest's own loading. The rotations of AVX-512 work on both hashes in about the time
// that one takes (a little over half of what two take one after the other).
//
// Specification: FIPS 180-4, sections 4.1.3, 4.2.3, 5.1.2, 5.3.4 and 6.4. What is hashed is public: nothing
// here tries to hide it from somebody who measures times or reads freed memory.

#pragma once

#include "qemu-machine/launch/hash/digest.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace nitroscope::launch {

class Sha384Pair {
public:
    enum class For { first, both };

    // Whether this computer's processor has what it takes. Nothing else may be called without it.
    static bool isSupported();

    Sha384Pair();

    // Appends to the first message or to both, which need not have the same length.
    void update(std::span<const std::byte> bytes, For which);

    // The digests of what came so far; the messages can go on.
    Digest first() const { return digest(0); }
    Digest second() const { return digest(1); }

private:
    static constexpr size_t blockBytes = 128;
    using Words = std::array<uint64_t, 8>;
    using Words2 = std::array<Words, 2>;

    // A message as far as it was given: its state covers the whole blocks, the rest waits.
    struct Message {
        std::array<std::byte, blockBytes> rest = {};
        size_t restBytes = 0;
        uint64_t totalBytes = 0;
    };

    // Fills a begun block; true when it is full.
    static bool fillRest(Message &message, std::span<const std::byte> &bytes);
    static void compress(Words2 &states, const std::byte *first, const std::byte *second, size_t blocks);
    void compressOne(size_t which, const std::byte *bytes, size_t blocks);
    Digest digest(size_t which) const;

    Words2 m_states;
    std::array<Message, 2> m_messages;
};

} // namespace nitroscope::launch
