// SPDX-License-Identifier: GPL-2.0-or-later
//
// Guest-virtual addresses: a page walk of our own over the guest's RAM, so that memory of any process is read
// without stopping the machine. The tables' formats are the architecture's (app/core/arch/paging.hpp). Rights
// are reported, not enforced.
#pragma once

#include "app/formats/guest/physical_memory.hpp"

#include <QStringList>

namespace nitroscope::guest {

using arch::AddressTranslation;

// Where a virtual address leads.
struct Translation {
    quint64 physical = 0;
    quint64 pageBytes = 4096; // the address is valid up to the end of its page of this size
    bool isWritable = false, isUser = false, isExecutable = true;
};

class VirtualMemory : public MemoryValues<VirtualMemory> {
public:
    VirtualMemory(PhysicalMemory memory, const AddressTranslation &translation)
        : m_memory(std::move(memory)), m_translation(translation) {}

    const PhysicalMemory &physical() const { return m_memory; }
    const AddressTranslation &translation() const { return m_translation; }

    // Errors: not-mapped (message says at which table), and those of PhysicalMemory for the tables.
    app::Result<Translation> translate(quint64 address) const;
    // The walk in words, one step a line; the last line is the physical address or what is missing.
    QStringList explain(quint64 address) const;

    // As PhysicalMemory; the offset in errors is the first virtual address that cannot be read.
    app::Result<void> read(quint64 address, std::span<std::byte> out) const;
    // As PhysicalMemory; ends at what is not mapped, too.
    quint64 plainBytes(quint64 address, quint64 bytes) const;
    QByteArray readUpTo(quint64 address, quint64 bytes) const;
    // A text ended by zero, at most `most` bytes long; cut where memory ends.
    QByteArray text(quint64 address, quint64 most) const;

private:
    PhysicalMemory m_memory;
    AddressTranslation m_translation;
};

} // namespace nitroscope::guest
