// SPDX-License-Identifier: GPL-2.0-or-later
//
// Writes a small vmlinux with functions, initcalls in either form, and a table of relocations behind it, as a
// bzImage's payload has them. By the descriptions in the System V ABI and Linux's init/main.c; nothing of the
// code under test but the table of symbols.
#pragma once

#include "app/formats/symbols/symbol_table.hpp"

#include <QByteArray>
#include <QVector>

namespace nitroscope::test {

struct MadeUpVmlinux {
    static constexpr quint64 base = 0xffffffff81000000, physical = 0x1000000;
    static constexpr int functions = 64, functionBytes = 16, offset = 0x100; // of the segment in the file
    static constexpr int entriesAt = functions * functionBytes;              // in the segment

    // Calls per level 0..7; `width` 4: offsets from their own place, 8: pointers.
    explicit MadeUpVmlinux(const QVector<int> &calls, int width = 4) {
        segment = QByteArray(entriesAt, '\xcc');
        quint64 next = 0;
        QVector<quint64> starts;
        for (const int count : calls) {
            starts << base + quint64(segment.size());
            for (int i = 0; i < count; ++i) {
                const quint64 function = functionAt(int(next++ % functions));
                put(segment, width == 8 ? function : function - (base + quint64(segment.size())), width);
            }
        }
        starts << base + quint64(segment.size());
        segment.append((8 - segment.size() % 8) % 8, '\0');
        arrayAt = int(segment.size());
        for (const quint64 start : starts)
            put(segment, start, 8);
        segment += QByteArray(64, '\xcc');
    }

    static quint64 functionAt(int number) { return base + quint64(number * functionBytes); }
    static symbols::SymbolTable symbols() {
        symbols::SymbolTable table;
        for (int i = 0; i < functions; ++i)
            table.add(functionAt(i), 't', "function_" + QByteArray::number(i));
        table.finish();
        return table;
    }
    // Little endian; zeros beyond eight bytes.
    static void put(QByteArray &bytes, quint64 value, int width) {
        for (int i = 0; i < width; ++i)
            bytes.append(i < 8 ? char(value >> (8 * i)) : '\0');
    }

    // 32-bit places behind the file, from the end backwards until the zero.
    QByteArray file(const QVector<quint64> &places = {}) const {
        QByteArray elf("\x7f"
                       "ELF\2\1\1",
                       7);
        elf.append(9, '\0');
        put(elf, 2, 2);     // ET_EXEC
        put(elf, 62, 2);    // x86-64
        put(elf, 1, 4);     // version
        put(elf, base, 8);  // entry
        put(elf, 64, 8);    // program headers
        put(elf, 0, 8 + 4); // no sections, flags
        put(elf, 64, 2);    // bytes of this header
        put(elf, 56, 2);    // of a program header
        put(elf, 1, 2);     // of which there is one
        put(elf, 0, 6);     // sections
        put(elf, 1, 4);     // PT_LOAD
        put(elf, 5, 4);     // readable, executable
        put(elf, segmentOffset, 8);
        put(elf, base, 8);
        put(elf, physical, 8);
        put(elf, claimedBytes ? claimedBytes : quint64(segment.size()), 8);
        put(elf, quint64(segment.size()) + 4096, 8);
        put(elf, 4096, 8);
        elf.append(offset - elf.size(), '\0');
        elf += segment;
        elf.append((4 - elf.size() % 4) % 4, '\0');
        put(elf, 0, 4); // ends the 64-bit places
        put(elf, 0, 4); // and the 32-bit ones
        for (const quint64 place : places)
            put(elf, place, 4);
        return elf;
    }

    QByteArray segment;
    int arrayAt = 0;                // of initcall_levels in the segment
    quint64 segmentOffset = offset; // as the program header says
    quint64 claimedBytes = 0;       // 0 = as many as there are
};

} // namespace nitroscope::test
