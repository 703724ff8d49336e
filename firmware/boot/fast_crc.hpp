// SPDX-License-Identifier: GPL-2.0-or-later
//
// The firmware's CRC32: the fastest way this machine has. Same interface as eif::Crc32. fast_crc.cpp is the
// only file that uses vector registers, on x86-64; nothing else of the firmware touches vector registers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace nitroscope::boot {

class FastCrc {
public:
    void update(std::span<const std::byte> bytes);
    uint32_t value() const { return ~m_state; }

private:
    uint32_t m_state = 0xffffffff;
};

// From now on long pieces are summed by the machine's checksum port (handover.h), as long as it does.
void useChecksumPort();

} // namespace nitroscope::boot
