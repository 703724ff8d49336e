// SPDX-License-Identifier: GPL-2.0-or-later
//
// See elf_tree.hpp.

#include "app/formats/elf/elf_tree.hpp"

#include "app/formats/elf/elf_fields.hpp"
#include "app/formats/elf/elf_header.hpp"
#include "app/formats/tree/value_text.hpp"

namespace nitroscope::formats {

namespace {

constexpr ElfField headerFields[] = {elf::entry, elf::programTable, elf::sectionTable, elf::programCount,
                                     elf::sectionCount};
constexpr ElfField programFields[] = {elf::programOffset, elf::programAddress, elf::fileSize, elf::memorySize,
                                      elf::programFlags};

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

void addPrograms(Node &root, const ElfBytes &bytes, const ElfHeader &head) {
    constexpr quint64 maxListed = 128;
    Node list = {.name = u"program headers"_s, .value = QString::number(head.programHeaders)};
    for (quint64 i = 0; i < head.programHeaders; ++i) {
        const auto header = bytes.programHeader(i, 32);
        if (i == maxListed || !header) {
            list.addFinding(Severity::note, u"%1 of them are listed."_s.arg(i));
            break;
        }
        Node program = {.name = programTypeText(bytes.load(elf::programType, *header)),
                        .value = flagsText(bytes.load(elf::programFlags, *header)),
                        .range = {*header, bytes.load(elf::programSize)}};
        for (const ElfField &field : programFields) {
            const auto [offset, width] = bytes.place(field, *header);
            const bool isFlags = QLatin1String(field.name) == QLatin1String(elf::programFlags.name);
            program.add({.name = QString::fromLatin1(field.name),
                         .value = isFlags ? program.value : hexText(bytes.load(field, *header)),
                         .range = {offset, width}});
        }
        list.add(std::move(program));
    }
    root.add(std::move(list));
}

} // namespace

std::optional<Node> elfTree(const QByteArray &front) {
    const auto head = readElfHeader(front);
    if (!head)
        return std::nullopt;
    const ElfBytes bytes(front);
    Node root = {
        .name = u"ELF header"_s,
        .value = head->typeText(),
        .range = {0, std::min<quint64>(head->is64Bit ? 64 : 52, static_cast<quint64>(front.size()))}};
    root.add({.name = u"class"_s, .value = head->is64Bit ? u"64-bit"_s : u"32-bit"_s, .range = {4, 1}});
    root.add({.name = u"byte order"_s,
              .value = head->isBigEndian ? u"big endian"_s : u"little endian"_s,
              .range = {5, 1}});
    root.add({.name = u"type"_s, .value = head->typeText(), .range = {16, 2}});
    root.add({.name = u"machine"_s, .value = head->machineText(), .range = {18, 2}});
    root.add({.name = u"linked"_s,
              .value = !head->interpreter.isEmpty() ? u"dynamically"_s
                       : head->isDynamic            ? u"statically, position-independent"_s
                                                    : u"statically"_s});
    if (!head->interpreter.isEmpty())
        root.add({.name = u"dynamic loader"_s, .value = printableText(head->interpreter)});
    for (const ElfField &field : headerFields) {
        const auto [offset, width] = bytes.place(field);
        const quint64 value = bytes.load(field);
        if (bytes.has(offset, width))
            root.add({.name = QString::fromLatin1(field.name),
                      .value = width == 2 ? QString::number(value) : hexText(value),
                      .range = {offset, width}});
    }
    addPrograms(root, bytes, *head);
    return root;
}

} // namespace nitroscope::formats
