// SPDX-License-Identifier: GPL-2.0-or-later
//
// Touching a page of a mapped file that the file has no more (it was shortened, or its disk failed) raises
// SIGBUS, which ends the process. A guarded range survives: the pages from there to its end become zeros, the
// place is remembered, and whoever looks at the content finds it wrong and asks for the reason. Signals for
// other addresses go to the handler that was there before, QEMU's in QEMU.

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace nitroscope::launch {

/// Guards one mapping made with mmap(), from a page boundary on, until destroyed. Destroy it before munmap().
/// When all 64 places are taken, the range stays unguarded; see isActive().
class MappingGuard {
public:
    MappingGuard() = default;
    explicit MappingGuard(std::span<const std::byte> range);
    MappingGuard(MappingGuard &&other) noexcept;
    MappingGuard &operator=(MappingGuard &&other) noexcept;
    MappingGuard(const MappingGuard &) = delete;
    MappingGuard &operator=(const MappingGuard &) = delete;
    ~MappingGuard();

    bool isActive() const { return m_slot >= 0; }
    /// Offset in the range, in bytes, of the first page that was touched and could not be had. On any thread.
    std::optional<uint64_t> lostFrom() const;

private:
    int m_slot = -1;
};

} // namespace nitroscope::launch
