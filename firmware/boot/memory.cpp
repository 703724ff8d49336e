// SPDX-License-Identifier: GPL-2.0-or-later
//
// The functions the compiler calls on its own even in freestanding code; memcpy and memset are each processor's. Small
// uses only: images reach their place by DMA, never by memcpy.
#include <cstddef>

extern "C" {

void *memcpy(void *to, const void *from, size_t size);

void *memmove(void *to, const void *from, size_t size) {
    auto *out = static_cast<unsigned char *>(to);
    const auto *in = static_cast<const unsigned char *>(from);
    if (out <= in || out >= in + size)
        return memcpy(to, from, size);
    while (size-- > 0) {
        out[size] = in[size];
        asm volatile("" : : : "memory"); // keeps the compiler from turning this loop into memmove()
    }
    return to;
}

int memcmp(const void *left, const void *right, size_t size) {
    const auto *a = static_cast<const unsigned char *>(left);
    const auto *b = static_cast<const unsigned char *>(right);
    for (size_t i = 0; i < size; ++i)
        if (a[i] != b[i])
            return a[i] - b[i];
    return 0;
}

size_t strlen(const char *text) {
    size_t size = 0;
    while (text[size] != 0)
        ++size;
    return size;
}
}
