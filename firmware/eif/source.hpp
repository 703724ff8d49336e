// SPDX-License-Identifier: GPL-2.0-or-later
//
// Where the bytes of an EIF come from. The firmware reads them through fw_cfg DMA, the host from a mapping,
// tests from a vector; the parser sees only this.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>

namespace nitroscope::eif {

// read() fills all of `out` from byte `offset` on, or returns false. Nobody calls it beyond size().
template <class S>
concept Source = requires(S source, uint64_t offset, std::span<std::byte> out) {
    { source.size() } -> std::convertible_to<uint64_t>;
    { source.read(offset, out) } -> std::convertible_to<bool>;
};

// A file that is in memory as a whole.
class SpanSource {
public:
    constexpr explicit SpanSource(std::span<const std::byte> bytes) : m_bytes(bytes) {}

    constexpr uint64_t size() const { return m_bytes.size(); }

    bool read(uint64_t offset, std::span<std::byte> out) const {
        if (offset > m_bytes.size() || out.size() > m_bytes.size() - offset)
            return false;
        if (!out.empty())
            __builtin_memcpy(out.data(), m_bytes.data() + offset, out.size());
        return true;
    }

private:
    std::span<const std::byte> m_bytes;
};

} // namespace nitroscope::eif
