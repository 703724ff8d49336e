// SPDX-License-Identifier: GPL-2.0-or-later
//
// struct boot_params, the page a kernel's boot protocol hands over ("zero page"): Linux,
// Documentation/arch/x86/ zero-page.rst and boot.rst. Written into any buffer, so that the host tests it too.
#pragma once

#include "firmware/boot/x86/memory_map.hpp"
#include "firmware/eif/bzimage.hpp"

#include <cstddef>
#include <cstdint>
#include <span>

namespace nitroscope::boot {

struct BootParameters {
    uint64_t kernelAddress = 0;
    uint64_t ramdiskAddress = 0;
    uint64_t ramdiskSize = 0; // bytes; 0 = none
    uint64_t cmdlineAddress = 0;
};

class ZeroPage {
public:
    // `head` is the start of the bzImage, at least up to kernel.headerEnd.
    static void write(std::span<std::byte> page, std::span<const std::byte> head, const eif::BzImage &kernel,
                      const BootParameters &parameters, std::span<const E820Entry> memory) {
        ZeroPage out(page);
        for (std::byte &b : page)
            b = std::byte{0};
        for (uint64_t i = eif::setup::headerStart; i < kernel.headerEnd; ++i)
            page[i] = head[i];
        out.put(eif::setup::typeOfLoader, 0xff, 1); // a loader without a number of its own
        out.put(eif::setup::code32Start, parameters.kernelAddress, 4);
        out.put(eif::setup::ramdiskImage, parameters.ramdiskAddress, 4);
        out.put(eif::setup::ramdiskSize, parameters.ramdiskSize, 4);
        out.put(eif::setup::cmdLinePtr, parameters.cmdlineAddress, 4);
        out.put(extRamdiskImage, parameters.ramdiskAddress >> 32, 4);
        out.put(extRamdiskSize, parameters.ramdiskSize >> 32, 4);
        out.put(extCmdLinePtr, parameters.cmdlineAddress >> 32, 4);
        const size_t count = memory.size() < e820Capacity ? memory.size() : e820Capacity;
        out.put(e820Count, count, 1);
        for (size_t i = 0; i < count; ++i) {
            const uint64_t at = e820Table + i * sizeof(E820Entry);
            out.put(at, memory[i].start, 8);
            out.put(at + 8, memory[i].size, 8);
            out.put(at + 16, memory[i].type, 4);
        }
    }

private:
    static constexpr uint64_t extRamdiskImage = 0x0c0; // u32, upper halves
    static constexpr uint64_t extRamdiskSize = 0x0c4;
    static constexpr uint64_t extCmdLinePtr = 0x0c8;
    static constexpr uint64_t e820Count = 0x1e8; // u8
    static constexpr uint64_t e820Table = 0x2d0; // 20 bytes per entry
    static constexpr size_t e820Capacity = 128;

    explicit ZeroPage(std::span<std::byte> page) : m_page(page) {}

    void put(uint64_t offset, uint64_t value, unsigned width) {
        for (unsigned i = 0; i < width; ++i)
            m_page[offset + i] = static_cast<std::byte>(value >> 8 * i & 0xff);
    }

    std::span<std::byte> m_page;
};

} // namespace nitroscope::boot
