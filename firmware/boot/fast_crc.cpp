// SPDX-License-Identifier: GPL-2.0-or-later
#include "firmware/boot/fast_crc.hpp"

#include "firmware/boot/cpu.hpp"
#include "firmware/boot/crc/crc_sparse.hpp"
#include "firmware/boot/handover.h"
#include "firmware/boot/ports.hpp"

#if defined(__aarch64__)
#include "firmware/boot/arm64/fast_crc.hpp"
#else
#include "firmware/boot/x86/fast_crc.hpp"
#endif

namespace nitroscope::boot {

namespace {

SparseCrc sparse;
bool hasChecksumPort = false;
nitro_checksum_job job; // the machine reads and writes it while the port is being written

// False when the machine did not do all of it; then `state` is what it was.
bool sumByMachine(uint32_t &state, std::span<const std::byte> bytes) {
    volatile nitro_checksum_job &shared = job;
    uint32_t running = state;
    while (!bytes.empty()) {
        const auto piece =
            bytes.first(bytes.size() < NITRO_CHECKSUM_MAX_SIZE ? bytes.size() : NITRO_CHECKSUM_MAX_SIZE);
        shared.address = physicalAddress(piece.data());
        shared.size = static_cast<uint32_t>(piece.size());
        shared.state = running;
        shared.done = 0;
        writeChecksumPort(static_cast<uint32_t>(physicalAddress(&job)));
        if (shared.done != 1)
            return false;
        running = shared.state;
        bytes = bytes.subspan(piece.size());
    }
    state = running;
    return true;
}

} // namespace

void useChecksumPort() {
    hasChecksumPort = true;
}

void FastCrc::update(std::span<const std::byte> bytes) {
    constexpr size_t worthAsking = 4096; // bytes; a port access costs about as much as summing them
    if (hasChecksumPort && bytes.size() >= worthAsking) {
        if (sumByMachine(m_state, bytes))
            return;
        hasChecksumPort = false;
    }
    m_state = hasCrcInstructions() ? crcByInstructions(m_state, bytes.data(), bytes.size())
                                   : sparse.update(m_state, bytes.data(), bytes.size());
}

} // namespace nitroscope::boot
