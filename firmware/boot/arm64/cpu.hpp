// SPDX-License-Identifier: GPL-2.0-or-later
//
// The instructions C++ has no words for. The firmware runs in EL1 with the MMU off: addresses are physical, and all
// memory is of the kind that devices are (Device-nGnRnE), where an access that is not aligned is a fault. The
// compiler is told so (-mstrict-align).
#pragma once

#include <cstddef>
#include <cstdint>

namespace nitroscope::boot {

inline void memoryBarrier() {
    asm volatile("dsb sy" : : : "memory");
}

// Forgets the address translations that are in use. There are none, but an emulator remembers pages all the same.
inline void flushTlb() {
    asm volatile("dsb sy; tlbi vmalle1; dsb sy; isb" : : : "memory");
}

inline void pause() {
    asm volatile("yield" : : : "memory");
}

[[noreturn]] inline void stop() {
    for (;;)
        asm volatile("wfi" : : : "memory");
}

// Device and firmware see the same bytes at the same address.
inline uint64_t physicalAddress(const volatile void *pointer) {
    return reinterpret_cast<uint64_t>(pointer);
}
inline std::byte *atPhysical(uint64_t address) {
    asm("" : "+r"(address)); // or the compiler takes low addresses for null pointers
    return reinterpret_cast<std::byte *>(address);
}

} // namespace nitroscope::boot
