// SPDX-License-Identifier: GPL-2.0-or-later
//
// Numbers and records out of a memory that can be read: for what has `read(address, bytes)`, which fails as a whole.
#pragma once

#include <optional>
#include <QtGlobal>
#include <span>

namespace nitroscope::guest {

template <class Memory>
class MemoryValues {
public:
    // As it lies there (our guests are little-endian, as we are), at any alignment.
    template <class T>
    std::optional<T> value(quint64 address) const {
        T found;
        if (!static_cast<const Memory *>(this)->read(address, std::as_writable_bytes(std::span(&found, 1))))
            return std::nullopt;
        return found;
    }
};

} // namespace nitroscope::guest
