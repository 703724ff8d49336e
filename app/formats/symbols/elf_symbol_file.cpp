// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/formats/symbols/elf_symbol_file.hpp"

#include <cctype>
#include <elf.h>

namespace nitroscope::symbols {
namespace {

// A gap that ends a section: gdb's tables grow with the range that a section spans.
constexpr quint64 widestGap = 64 << 20;
constexpr quint64 lastSymbolBytes = 16;
constexpr quint64 textAlignment = 4096;

template <class T>
void put(QByteArray &file, const T &value) {
    file.append(reinterpret_cast<const char *>(&value), sizeof value);
}

struct Range { // of addresses, one section each
    quint64 start, end;
    bool isText;
};

// One section per stretch of text and of anything else. Kernels have text at three or four places; small
// islands (a data symbol between functions) do not make sections of their own.
QVector<Range> rangesOf(const SymbolTable &table) {
    constexpr int leastRun = 64;
    QVector<Range> ranges;
    qsizetype i = 0;
    while (i < table.size() && table.at(i).isPerCpu())
        ++i;
    while (i < table.size()) {
        const Symbol &first = table.at(i);
        if (ranges.isEmpty() || first.address - ranges.last().end > widestGap) {
            ranges.append({first.address, first.address + lastSymbolBytes, first.isText()});
        } else if (first.isText() != ranges.last().isText && first.address > ranges.last().end) {
            qsizetype run = 1;
            while (run < leastRun && i + run < table.size() && table.at(i + run).isText() == first.isText())
                ++run;
            if (run == leastRun) {
                ranges.last().end = first.address;
                ranges.append({first.address, first.address + lastSymbolBytes, first.isText()});
            }
        }
        ranges.last().end = qMax(ranges.last().end, first.address + 1);
        ++i;
    }
    for (Range &range : ranges)
        if (&range == &ranges.last() || (&range + 1)->start > range.end + textAlignment)
            range.end += lastSymbolBytes;
    return ranges;
}

} // namespace

QByteArray elfSymbolFile(const SymbolTable &table) {
    const QVector<Range> ranges = rangesOf(table);
    QByteArray strings(1, '\0');
    QByteArray symbols;
    put(symbols, Elf64_Sym{});
    quint32 locals = 1;
    // The ABI wants local symbols before global ones.
    for (const bool wantsLocal : {true, false}) {
        qsizetype range = 0;
        for (qsizetype i = 0; i < table.size(); ++i) {
            const Symbol &symbol = table.at(i);
            const bool isLocal = std::islower(static_cast<unsigned char>(symbol.type)) &&
                                 symbol.type != 'w' && symbol.type != 'v';
            if (isLocal != wantsLocal)
                continue;
            while (range < ranges.size() && symbol.address >= ranges[range].end)
                ++range;
            Elf64_Sym entry{};
            entry.st_name = quint32(strings.size());
            strings.append(table.nameView(symbol));
            strings.append('\0');
            entry.st_value = symbol.address;
            const bool isInside = range < ranges.size() && symbol.address >= ranges[range].start;
            entry.st_shndx = isInside ? quint16(range + 1) : quint16(SHN_ABS);
            const int binding = isLocal                                    ? STB_LOCAL
                                : symbol.type == 'W' || symbol.type == 'w' ? STB_WEAK
                                                                           : STB_GLOBAL;
            entry.st_info =
                static_cast<unsigned char>(ELF64_ST_INFO(binding, symbol.isText() ? STT_FUNC : STT_OBJECT));
            if (isInside) {
                qsizetype next = i + 1;
                while (next < table.size() && table.at(next).address == symbol.address)
                    ++next;
                const quint64 end =
                    next < table.size() ? qMin(table.at(next).address, ranges[range].end) : ranges[range].end;
                entry.st_size = end - symbol.address;
            }
            put(symbols, entry);
        }
        if (wantsLocal)
            locals = quint32(symbols.size() / qsizetype(sizeof(Elf64_Sym)));
    }

    QByteArray names(1, '\0');
    QVector<Elf64_Shdr> sections(1, Elf64_Shdr{});
    const auto section = [&](const QByteArray &name, quint32 type, quint64 flags) -> Elf64_Shdr & {
        Elf64_Shdr header{};
        header.sh_name = quint32(names.size());
        names.append(name).append('\0');
        header.sh_type = type;
        header.sh_flags = flags;
        header.sh_addralign = 1;
        sections.append(header);
        return sections.last();
    };
    const char *const textNames[] = {".text", ".data"};
    for (qsizetype i = 0; i < ranges.size(); ++i) {
        QByteArray name = textNames[ranges[i].isText ? 0 : 1];
        if (i > 1)
            name += '.' + QByteArray::number(qlonglong(i));
        Elf64_Shdr &header =
            section(name, SHT_NOBITS, SHF_ALLOC | (ranges[i].isText ? SHF_EXECINSTR : SHF_WRITE));
        header.sh_addr = ranges[i].start;
        header.sh_size = ranges[i].end - ranges[i].start;
    }
    QByteArray file(sizeof(Elf64_Ehdr), '\0');
    const auto append = [&file](Elf64_Shdr &header, const QByteArray &content) {
        file.append((8 - file.size() % 8) % 8, '\0');
        header.sh_offset = quint64(file.size());
        header.sh_size = quint64(content.size());
        file.append(content);
    };
    Elf64_Shdr &symtab = section(".symtab", SHT_SYMTAB, 0);
    symtab.sh_entsize = sizeof(Elf64_Sym);
    symtab.sh_link = quint32(sections.size());
    symtab.sh_info = locals;
    symtab.sh_addralign = 8;
    append(symtab, symbols);
    append(section(".strtab", SHT_STRTAB, 0), strings);
    Elf64_Shdr &shstrtab = section(".shstrtab", SHT_STRTAB, 0);
    append(shstrtab, names);

    Elf64_Ehdr header{};
    std::copy_n(ELFMAG, SELFMAG, header.e_ident);
    header.e_ident[EI_CLASS] = ELFCLASS64;
    header.e_ident[EI_DATA] = ELFDATA2LSB;
    header.e_ident[EI_VERSION] = EV_CURRENT;
    header.e_type = ET_EXEC;
    header.e_machine = EM_X86_64;
    header.e_version = EV_CURRENT;
    header.e_ehsize = sizeof(Elf64_Ehdr);
    header.e_shentsize = sizeof(Elf64_Shdr);
    header.e_shnum = quint16(sections.size());
    header.e_shstrndx = quint16(sections.size() - 1);
    file.append((8 - file.size() % 8) % 8, '\0');
    header.e_shoff = quint64(file.size());
    std::copy_n(reinterpret_cast<const char *>(&header), sizeof header, file.data());
    for (const Elf64_Shdr &entry : sections)
        put(file, entry);
    return file;
}

} // namespace nitroscope::symbols
