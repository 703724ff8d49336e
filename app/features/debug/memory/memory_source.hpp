// SPDX-License-Identifier: GPL-2.0-or-later
//
// TargetMemory as bytes for a hex view: offsets are addresses. It lives on the window's thread; a search
// through guest memory is MemorySearch's, not ByteSearch's.
#pragma once

#include "app/features/debug/memory/target_memory.hpp"
#include "app/ui/bytes/byte_source.hpp"

namespace nitroscope::app {

class MemorySource : public ByteSource {
public:
    // x86-64 has at most 52 bits of physical address (Intel SDM Vol. 3A, 4.1.4).
    static constexpr quint64 physicalSize = quint64{1} << 52;

    // The memory outlives the source.
    explicit MemorySource(TargetMemory &memory) : m_memory(memory) {}

    quint64 size() const override {
        return m_memory.space() == AddressSpace::guestPhysical ? physicalSize : ~quint64{0};
    }
    qsizetype read(quint64 offset, std::span<char> out) const override { return m_memory.read(offset, out); }

private:
    TargetMemory &m_memory;
};

} // namespace nitroscope::app
