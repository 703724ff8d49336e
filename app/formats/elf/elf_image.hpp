// SPDX-License-Identifier: GPL-2.0-or-later
//
// The few things of an ELF file that the kernel's readers need: where its bytes are in memory, and its named
// sections. System V ABI, chapters 4 and 5; 64-bit little endian only. Foreign bytes: what lies outside of
// the file is left out.
#pragma once

#include "app/core/result.hpp"

#include <QByteArray>
#include <QVector>

namespace nitroscope::symbols {

struct ElfSegment { // PT_LOAD
    quint64 offset = 0, address = 0, fileSize = 0;
    quint64 physical = 0, memorySize = 0;
};

struct ElfSection {
    QByteArray name;
    quint64 offset = 0, address = 0, size = 0; // size in the file: 0 for NOBITS
    quint32 type = 0, link = 0;
    quint64 memorySize = 0; // 0 when it is not loaded
};

class ElfImage {
public:
    // `bytes` must outlive the image. Errors: not-elf with the offset of the field that is wrong.
    static app::Result<ElfImage> open(QByteArrayView bytes);

    int machine() const { return m_machine; } // as in app/core/arch/elf_machines.hpp
    quint64 entry() const { return m_entry; }
    const QVector<ElfSegment> &segments() const { return m_segments; }
    const QVector<ElfSection> &sections() const { return m_sections; }
    // Empty when there is no such section.
    QByteArrayView section(QByteArrayView name) const;
    std::optional<quint64> addressOf(quint64 fileOffset) const;
    // Whether the address is of this file when it is loaded; what is not in the file (.bss) is, too.
    bool has(quint64 address) const;
    // The segment that has `size` bytes from `address` on, all of them in the file; nullptr when none has.
    const ElfSegment *segmentOf(quint64 address, quint64 size) const;
    // These bytes; empty when no segment has them.
    QByteArrayView bytesAt(quint64 address, quint64 size) const;
    QByteArrayView bytes() const { return m_bytes; }
    // Of the note NT_GNU_BUILD_ID, 20 bytes as a rule; empty when there is none. The first page of a file is
    // enough as a rule, in memory too: it is found by section and by program header.
    QByteArray buildId() const;

private:
    QByteArrayView m_bytes;
    int m_machine = 0;
    quint64 m_entry = 0;
    QVector<ElfSegment> m_segments, m_notes;
    QVector<ElfSection> m_sections;
};

} // namespace nitroscope::symbols
