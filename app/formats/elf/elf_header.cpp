// SPDX-License-Identifier: GPL-2.0-or-later
//
// See elf_header.hpp.

#include "app/formats/elf/elf_header.hpp"

#include "app/core/arch/elf_machines.hpp"
#include "app/formats/elf/elf_fields.hpp"
#include "app/formats/tree/value_text.hpp"

#include <algorithm>

namespace nitroscope::formats {

namespace {

constexpr qsizetype identBytes = 16, longestInterpreter = 4096;
constexpr quint32 programLoad = 1, programDynamic = 2, programInterpreter = 3; // PT_LOAD …

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
    const char *name = arch::elfMachineName(machine);
    return name ? QString::fromLatin1(name) : u"machine %1"_s.arg(machine);
}

std::optional<ElfHeader> readElfHeader(const QByteArray &front) {
    if (front.size() < identBytes + 4 || !front.startsWith(elf::magic))
        return std::nullopt;
    const ElfBytes bytes(front);
    ElfHeader head;
    head.is64Bit = bytes.is64Bit();
    head.isBigEndian = bytes.isBigEndian();
    head.type = static_cast<quint16>(bytes.load(elf::type));
    head.machine = static_cast<quint16>(bytes.load(elf::machine));
    head.entry = bytes.load(elf::entry);
    head.programHeaders = static_cast<quint16>(bytes.load(elf::programCount));
    head.sectionHeaders = static_cast<quint16>(bytes.load(elf::sectionCount));
    head.hasAllProgramHeaders = head.programHeaders > 0;
    for (quint64 i = 0; i < head.programHeaders; ++i) {
        const auto header = bytes.programHeader(i, 8);
        if (!header) {
            head.hasAllProgramHeaders = false;
            break;
        }
        const quint64 kind = bytes.load(elf::programType, *header);
        head.isDynamic |= kind == programDynamic;
        const quint64 offset = bytes.load(elf::programOffset, *header);
        const quint64 length = bytes.load(elf::fileSize, *header);
        if (kind == programLoad && length > 0)
            head.loadedEnd = std::max(head.loadedEnd, offset + length);
        if (kind != programInterpreter)
            continue;
        if (bytes.has(offset, length) && length > 0)
            head.interpreter =
                front.mid(static_cast<qsizetype>(offset),
                          std::min<qsizetype>(static_cast<qsizetype>(length), longestInterpreter));
        if (const qsizetype end = head.interpreter.indexOf('\0'); end >= 0)
            head.interpreter.truncate(end);
    }
    return head;
}

} // namespace nitroscope::formats
