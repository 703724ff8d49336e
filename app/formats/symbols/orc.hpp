// SPDX-License-Identifier: GPL-2.0-or-later
//
// ORC, the kernel's own unwind tables (Linux, Documentation/arch/x86/orc-unwinder.rst and
// arch/x86/include/asm/orc_types.h): for each range of instructions, where the caller's stack and frame pointer
// are. Sections .orc_unwind_ip (s32 each, relative to its own place) and .orc_unwind (6 bytes each) of the
// vmlinux in a bzImage. Three layouts exist (4.14, 6.3, 6.4); they are told apart by what the entries say.
#pragma once

#include "app/core/arch/x86/orc.hpp"
#include "app/core/result.hpp"
#include "app/formats/elf/elf_image.hpp"

namespace nitroscope::symbols {

using arch::x86::OrcRegister;

struct OrcEntry {
    enum class Type : quint8 { undefined, endOfStack, call, regs, regsPartial };

    qint16 spOffset = 0, bpOffset = 0; // bytes
    OrcRegister spRegister = OrcRegister::undefined, bpRegister = OrcRegister::undefined;
    Type type = Type::undefined;
    bool isSignal = false; // the frame was interrupted: its address is exact, not that of a return
};

class OrcTable {
public:
    // Errors: no-orc.
    static app::Result<OrcTable> read(const ElfImage &vmlinux);
    // The two sections' content and the linked address of the first.
    static app::Result<OrcTable> read(QByteArrayView addresses, QByteArrayView entries, quint64 base);

    // For a linked address; nothing outside of what the table covers.
    std::optional<OrcEntry> find(quint64 address) const;
    qsizetype size() const { return m_addresses.size(); }

private:
    enum class Layout { v4_14, v6_3, v6_4 };

    OrcEntry entry(quint32 index) const;

    QVector<quint64> m_addresses; // sorted
    QVector<quint32> m_indexes;   // of the entries; empty when the file is sorted
    QByteArray m_entries;
    Layout m_layout = Layout::v4_14;
};

} // namespace nitroscope::symbols
