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
    // The memory outlives the source.
    explicit MemorySource(TargetMemory &memory) : m_memory(memory) {}

    quint64 size() const override { return m_memory.end(); }
    qsizetype read(quint64 offset, std::span<char> out) const override { return m_memory.read(offset, out); }

private:
    TargetMemory &m_memory;
};

} // namespace nitroscope::app
