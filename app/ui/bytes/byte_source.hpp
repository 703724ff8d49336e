// SPDX-License-Identifier: GPL-2.0-or-later
//
// Where a hex view and a byte search get their bytes from: a mapped file today, guest memory later.
//
// The view asks for the few blocks it paints and never keeps a copy of the whole, so a source of many GiB
// costs nothing. Reads may come from the search's worker thread at the same time as from the painter, hence
// const and thread-safe by contract.
#pragma once

#include <QtGlobal>
#include <span>

namespace nitroscope::app {

class ByteSource {
public:
    ByteSource() = default;
    ByteSource(const ByteSource &) = delete;
    ByteSource &operator=(const ByteSource &) = delete;
    virtual ~ByteSource() = default;

    // Bytes from the first to one past the last.
    virtual quint64 size() const = 0;
    // Fills `out` from `offset`; returns how many bytes are there, fewer than asked at the end or where
    // nothing can be read. Thread-safe.
    virtual qsizetype read(quint64 offset, std::span<char> out) const = 0;
};

} // namespace nitroscope::app
