// SPDX-License-Identifier: GPL-2.0-or-later
//
// Page tables as in the Intel SDM, volume 3, chapter 4: no paging, 32-bit with and without large pages, PAE, 4 and 5
// levels.
#pragma once

#include "app/core/arch/paging.hpp"

namespace nitroscope::arch::x86 {

struct PagingModes {
    static const PagingMode *const off, *const bits32, *const pae, *const levels4, *const levels5;
};

// From the control registers (EFER: bit 10 LMA; CR4: bit 5 PAE, bit 12 LA57; CR0: bit 31 PG).
AddressTranslation translationBy(std::uint64_t cr0, std::uint64_t cr3, std::uint64_t cr4, std::uint64_t efer);

extern const Paging paging;

} // namespace nitroscope::arch::x86
