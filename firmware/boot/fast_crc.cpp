// SPDX-License-Identifier: GPL-2.0-or-later
#include "firmware/boot/fast_crc.hpp"

#include "firmware/boot/cpu.hpp"
#include "firmware/boot/crc_fold.hpp"
#include "firmware/boot/crc_sparse.hpp"

namespace nitroscope::boot {

namespace {

SparseCrc sparse;

bool hasCarrylessMultiply() {
    constexpr uint32_t pclmulqdq = 1u << 1; // CPUID.1:ECX
    static const bool has = cpuId(1).ecx & pclmulqdq;
    return has;
}

} // namespace

void FastCrc::update(std::span<const std::byte> bytes) {
    m_state = hasCarrylessMultiply() ? crcByFolding(m_state, bytes.data(), bytes.size())
                                     : sparse.update(m_state, bytes.data(), bytes.size());
}

} // namespace nitroscope::boot
