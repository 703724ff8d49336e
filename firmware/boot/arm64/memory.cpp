// SPDX-License-Identifier: GPL-2.0-or-later
//
// Two of the functions of memory.cpp. Words where both sides are aligned: the MMU is off, so nothing else may be read
// or written in one piece.
#include <cstddef>
#include <cstdint>

namespace {

constexpr size_t wordSize = sizeof(uint64_t);

bool isAligned(const void *pointer) {
    return reinterpret_cast<uintptr_t>(pointer) % wordSize == 0;
}

// Keeps the compiler from turning the loop around it into a call of the function that it is in.
void notALibraryCall() {
    asm volatile("" : : : "memory");
}

} // namespace

extern "C" {

void *memcpy(void *to, const void *from, size_t size) {
    auto *out = static_cast<unsigned char *>(to);
    const auto *in = static_cast<const unsigned char *>(from);
    if (isAligned(to) && isAligned(from))
        for (; size >= wordSize; size -= wordSize, out += wordSize, in += wordSize) {
            *reinterpret_cast<uint64_t *>(out) = *reinterpret_cast<const uint64_t *>(in);
            notALibraryCall();
        }
    for (; size > 0; --size) {
        *out++ = *in++;
        notALibraryCall();
    }
    return to;
}

void *memset(void *to, int value, size_t size) {
    auto *out = static_cast<unsigned char *>(to);
    const uint64_t word = static_cast<unsigned char>(value) * uint64_t{0x0101010101010101};
    if (isAligned(to))
        for (; size >= wordSize; size -= wordSize, out += wordSize) {
            *reinterpret_cast<uint64_t *>(out) = word;
            notALibraryCall();
        }
    for (; size > 0; --size) {
        *out++ = static_cast<unsigned char>(value);
        notALibraryCall();
    }
    return to;
}
}
