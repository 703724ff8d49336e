// SPDX-License-Identifier: GPL-2.0-or-later
//
// See elf_header.hpp.

#include "app/formats/elf_header.hpp"

#include "app/formats/byte_loader.hpp"
#include "app/formats/value_text.hpp"

#include <algorithm>

namespace nitroscope::formats {

namespace {

constexpr qsizetype identBytes = 16, longestInterpreter = 4096;
constexpr quint32 programInterpreter = 3, programDynamic = 2; // PT_INTERP, PT_DYNAMIC

} // namespace

QString ElfHeader::typeText() const {
    switch (type) {
    case 1:
        return u"relocatable object (kernel module)"_s;
    case 2:
        return u"program"_s;
    case 3:
        return interpreter.isEmpty() ? u"shared object or static position-independent program"_s
                                     : u"position-independent program"_s;
    case 4:
        return u"core dump"_s;
    default:
        return u"type %1"_s.arg(type);
    }
}

QString ElfHeader::machineText() const {
    switch (machine) {
    case 3:
        return u"i386"_s;
    case 40:
        return u"arm"_s;
    case 62:
        return u"x86_64"_s;
    case 183:
        return u"aarch64"_s;
    case 243:
        return u"riscv"_s;
    default:
        return u"machine %1"_s.arg(machine);
    }
}

std::optional<ElfHeader> readElfHeader(const QByteArray &front) {
    if (front.size() < identBytes + 4 || !front.startsWith("\x7f"
                                                           "ELF"))
        return std::nullopt;
    ElfHeader elf;
    elf.is64Bit = front[4] == 2;
    elf.isBigEndian = front[5] == 2;
    const ByteLoader at(front, elf.isBigEndian ? ByteOrder::big : ByteOrder::little);
    elf.type = static_cast<quint16>(at.load(16, 2));
    elf.machine = static_cast<quint16>(at.load(18, 2));
    const bool wide = elf.is64Bit;
    const unsigned word = wide ? 8 : 4;
    elf.entry = at.load(24, word);
    const quint64 table = at.load(wide ? 32 : 28, word);
    const quint64 entrySize = at.load(wide ? 54 : 42, 2);
    elf.programHeaders = static_cast<quint16>(at.load(wide ? 56 : 44, 2));
    elf.sectionHeaders = static_cast<quint16>(at.load(wide ? 60 : 48, 2));
    for (quint64 i = 0; i < elf.programHeaders && entrySize >= 8; ++i) {
        const quint64 header = table + i * entrySize;
        if (header < table || !at.has(header, entrySize))
            break;
        const quint64 kind = at.load(header, 4);
        elf.isDynamic |= kind == programDynamic;
        if (kind != programInterpreter)
            continue;
        const quint64 offset = at.load(header + (wide ? 8 : 4), word);
        const quint64 length = at.load(header + (wide ? 32 : 16), word);
        if (at.has(offset, length) && length > 0)
            elf.interpreter =
                front.mid(static_cast<qsizetype>(offset),
                          std::min<qsizetype>(static_cast<qsizetype>(length), longestInterpreter));
        if (const qsizetype end = elf.interpreter.indexOf('\0'); end >= 0)
            elf.interpreter.truncate(end);
    }
    return elf;
}

} // namespace nitroscope::formats
