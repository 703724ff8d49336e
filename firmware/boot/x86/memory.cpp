// SPDX-License-Identifier: GPL-2.0-or-later
//
// Two of the functions of memory.cpp, as short as the processor has them.
#include <cstddef>

extern "C" {

void *memcpy(void *to, const void *from, size_t size) {
    void *result = to;
    asm volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(size) : : "memory");
    return result;
}

void *memset(void *to, int value, size_t size) {
    void *result = to;
    asm volatile("rep stosb" : "+D"(to), "+c"(size) : "a"(value) : "memory");
    return result;
}
}
