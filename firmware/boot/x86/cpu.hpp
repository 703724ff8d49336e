// SPDX-License-Identifier: GPL-2.0-or-later
//
// The instructions C++ has no words for: port I/O, CPUID, pausing and stopping.
#pragma once

#include <cstddef>
#include <cstdint>

namespace nitroscope::boot {

inline void outByte(uint16_t port, uint8_t value) {
    asm volatile("outb %0, %1" : : "a"(value), "Nd"(port) : "memory");
}
inline void outLong(uint16_t port, uint32_t value) {
    asm volatile("outl %0, %1" : : "a"(value), "Nd"(port) : "memory");
}
inline uint8_t inByte(uint16_t port) {
    uint8_t value;
    asm volatile("inb %1, %0" : "=a"(value) : "Nd"(port) : "memory");
    return value;
}
inline uint32_t inLong(uint16_t port) {
    uint32_t value;
    asm volatile("inl %1, %0" : "=a"(value) : "Nd"(port) : "memory");
    return value;
}

// Forgets the address translations that are in use (no page is global here).
inline void flushTlb() {
    uint64_t tables;
    asm volatile("mov %%cr3, %0; mov %0, %%cr3" : "=r"(tables) : : "memory");
}

inline void pause() {
    asm volatile("pause" : : : "memory");
}

[[noreturn]] inline void stop() {
    for (;;)
        asm volatile("cli; hlt" : : : "memory");
}

struct CpuId {
    uint32_t eax, ebx, ecx, edx;
};
inline CpuId cpuId(uint32_t leaf) {
    CpuId id;
    asm volatile("cpuid" : "=a"(id.eax), "=b"(id.ebx), "=c"(id.ecx), "=d"(id.edx) : "a"(leaf), "c"(0));
    return id;
}

// Device and firmware see the same bytes at the same address: everything is identity-mapped.
inline uint64_t physicalAddress(const volatile void *pointer) {
    return reinterpret_cast<uint64_t>(pointer);
}
inline std::byte *atPhysical(uint64_t address) {
    asm("" : "+r"(address)); // or the compiler takes low addresses for null pointers
    return reinterpret_cast<std::byte *>(address);
}

} // namespace nitroscope::boot
