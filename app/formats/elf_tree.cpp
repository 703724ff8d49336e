// SPDX-License-Identifier: GPL-2.0-or-later
//
// See elf_tree.hpp.

#include "app/formats/elf_tree.hpp"

#include "app/formats/byte_loader.hpp"
#include "app/formats/elf_header.hpp"
#include "app/formats/value_text.hpp"

namespace nitroscope::formats {

namespace {

/// Where a field stands in files of 32 and of 64 bits.
struct Field {
    const char *name;
    quint8 offset32, width32, offset64, width64;
};
constexpr Field headerFields[] = {
    {"e_entry", 24, 4, 24, 8}, {"e_phoff", 28, 4, 32, 8}, {"e_shoff", 32, 4, 40, 8},
    {"e_phnum", 44, 2, 56, 2}, {"e_shnum", 48, 2, 60, 2},
};
constexpr Field programFields[] = {
    {"p_offset", 4, 4, 8, 8},  {"p_vaddr", 8, 4, 16, 8}, {"p_filesz", 16, 4, 32, 8},
    {"p_memsz", 20, 4, 40, 8}, {"p_flags", 24, 4, 4, 4},
};

QString programTypeText(quint64 type) {
    static const char *const names[] = {"NULL", "LOAD", "DYNAMIC", "INTERP", "NOTE", "SHLIB", "PHDR", "TLS"};
    if (type < std::size(names))
        return QString::fromLatin1(names[type]);
    switch (type) {
    case 0x6474e550:
        return u"GNU_EH_FRAME"_s;
    case 0x6474e551:
        return u"GNU_STACK"_s;
    case 0x6474e552:
        return u"GNU_RELRO"_s;
    case 0x6474e553:
        return u"GNU_PROPERTY"_s;
    default:
        return hexText(type, 8);
    }
}

QString flagsText(quint64 flags) {
    return QString(flags & 4 ? u'r' : u'-') + (flags & 2 ? u'w' : u'-') + (flags & 1 ? u'x' : u'-');
}

void addPrograms(Node &root, const ByteLoader &at, const ElfHeader &elf) {
    constexpr quint64 mostListed = 128;
    const quint64 table = at.load(elf.is64Bit ? 32 : 28, elf.is64Bit ? 8 : 4);
    const quint64 entrySize = at.load(elf.is64Bit ? 54 : 42, 2);
    Node list = {.name = u"program headers"_s, .value = QString::number(elf.programHeaders)};
    for (quint64 i = 0; i < elf.programHeaders; ++i) {
        const quint64 header = table + i * entrySize;
        if (i == mostListed || header < table || entrySize < 32 || !at.has(header, entrySize)) {
            list.addFinding(Severity::note, u"%1 of them are listed."_s.arg(i));
            break;
        }
        Node program = {
            .name = programTypeText(at.load(header, 4)), .value = {}, .range = {header, entrySize}};
        for (const Field &field : programFields) {
            const quint64 offset = header + (elf.is64Bit ? field.offset64 : field.offset32);
            const unsigned width = elf.is64Bit ? field.width64 : field.width32;
            const quint64 value = at.load(offset, width);
            const bool isFlags = QLatin1String(field.name) == QLatin1String("p_flags");
            program.add({.name = QString::fromLatin1(field.name),
                         .value = isFlags ? flagsText(value) : hexText(value),
                         .range = {offset, width}});
            if (isFlags)
                program.value = flagsText(value);
        }
        list.add(std::move(program));
    }
    root.add(std::move(list));
}

} // namespace

std::optional<Node> elfTree(const QByteArray &front) {
    const auto elf = readElfHeader(front);
    if (!elf)
        return std::nullopt;
    const ByteLoader at(front, elf->isBigEndian ? ByteOrder::big : ByteOrder::little);
    Node root = {.name = u"ELF header"_s,
                 .value = elf->typeText(),
                 .range = {0, std::min<quint64>(elf->is64Bit ? 64 : 52, static_cast<quint64>(front.size()))}};
    root.add({.name = u"class"_s, .value = elf->is64Bit ? u"64-bit"_s : u"32-bit"_s, .range = {4, 1}});
    root.add({.name = u"byte order"_s,
              .value = elf->isBigEndian ? u"big endian"_s : u"little endian"_s,
              .range = {5, 1}});
    root.add({.name = u"type"_s, .value = elf->typeText(), .range = {16, 2}});
    root.add({.name = u"machine"_s, .value = elf->machineText(), .range = {18, 2}});
    root.add({.name = u"linked"_s,
              .value = !elf->interpreter.isEmpty() ? u"dynamically"_s
                       : elf->isDynamic            ? u"statically, position-independent"_s
                                                   : u"statically"_s});
    if (!elf->interpreter.isEmpty())
        root.add({.name = u"dynamic loader"_s, .value = printableText(elf->interpreter)});
    for (const Field &field : headerFields) {
        const quint64 offset = elf->is64Bit ? field.offset64 : field.offset32;
        const unsigned width = elf->is64Bit ? field.width64 : field.width32;
        if (at.has(offset, width))
            root.add({.name = QString::fromLatin1(field.name),
                      .value = width == 2 ? QString::number(at.load(offset, width))
                                          : hexText(at.load(offset, width)),
                      .range = {offset, width}});
    }
    addPrograms(root, at, *elf);
    return root;
}

} // namespace nitroscope::formats
