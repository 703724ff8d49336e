// SPDX-License-Identifier: GPL-2.0-or-later
//
// Fuzz target: page tables of a hostile guest. The input is the guest's RAM; its first bytes also choose
// paging mode, root and address.
#include "app/core/arch/x86/paging.hpp"
#include "app/core/arch/x86/x86_64.hpp"
#include "app/formats/guest/virtual_memory.hpp"

#include <cstdint>
#include <cstdlib>
#include <cstring>

using namespace nitroscope;
using namespace nitroscope::guest;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct {
        quint64 cr0, cr3, cr4, efer, address;
    } head;
    if (size < sizeof head)
        return 0;
    std::memcpy(&head, data, sizeof head);
    const auto ram =
        std::make_shared<launch::MemorySource>(std::span(reinterpret_cast<const std::byte *>(data), size));
    const VirtualMemory memory(PhysicalMemory(ram, nitroscope::arch::x86_64()),
                               nitroscope::arch::x86::translationBy(head.cr0, head.cr3, head.cr4, head.efer));
    const auto place = memory.translate(head.address);
    if (place && place->pageBytes != 4096 && place->pageBytes != 2 << 20 && place->pageBytes != 4 << 20 &&
        place->pageBytes != 1 << 30)
        std::abort();
    if (memory.explain(head.address).size() > 8)
        std::abort();
    if (memory.readUpTo(head.address, 8192).size() > 8192)
        std::abort();
    if (memory.plainBytes(head.address, 8192) > 8192 || memory.physical().plainBytes(head.address, 1) > 1)
        std::abort();
    (void)memory.text(head.address, 64);
    return 0;
}
