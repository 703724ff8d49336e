// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/formats/symbols/elf_symbol_file.hpp"

#include <algorithm>
#include <cctype>
#include <elf.h>

namespace nitroscope::symbols {
namespace {

// A gap that ends a section: gdb's tables grow with the range that a section spans.
constexpr quint64 widestGap = 64 << 20;
constexpr quint64 lastSymbolBytes = 16;
constexpr quint64 textAlignment = 4096;
constexpr qsizetype maxSections = 1024; // real kernels have five or so; symbols beyond are absolute

template <class T>
void put(QByteArray &file, const T &value) {
    file.append(reinterpret_cast<const char *>(&value), sizeof value);
}

struct Range { // of addresses, one section each
    quint64 start, end;
    bool isText;
};

// One section per stretch of text and of anything else. They must not overlap, and each function must lie in one of text: gdb drops what
// overlaps, and takes a function outside of text for a variable. So text begins where a function does, and data only where many symbols
// in a row are none (a table between functions stays in the text around it). Kernels then have text at three or four places.
QVector<Range> rangesOf(const SymbolTable &table) {
    constexpr int minDataRun = 64;
    const auto isTextAt = [&](qsizetype index) { // any symbol of that address
        for (qsizetype k = index; k < table.size() && table.at(k).address == table.at(index).address; ++k)
            if (table.at(k).isText())
                return true;
        return false;
    };
    const auto startsDataRun = [&](qsizetype index) {
        qsizetype run = 0;
        while (run < minDataRun && index + run < table.size() && !table.at(index + run).isText())
            ++run;
        return run == minDataRun || index + run == table.size();
    };
    QVector<Range> ranges;
    qsizetype i = 0;
    while (i < table.size() && table.isPerCpu(table.at(i).address))
        ++i;
    quint64 before = 0; // address of the symbol before
    for (; i < table.size() && ranges.size() < maxSections; ++i) {
        const quint64 address = table.at(i).address;
        if (!ranges.isEmpty() && address == before)
            continue;
        const bool isText = isTextAt(i);
        const bool isFar = ranges.isEmpty() || address - before > widestGap;
        if (isFar || (isText != ranges.last().isText && (isText || startsDataRun(i)))) {
            if (!isFar)
                ranges.last().end = address;
            ranges.append({address, address, isText});
        }
        ranges.last().end = address + 1;
        before = address;
    }
    for (Range &range : ranges)
        if (&range == &ranges.last() || (&range + 1)->start > range.end + textAlignment)
            range.end += lastSymbolBytes;
    return ranges;
}

bool isLocal(const Symbol &symbol) {
    return std::islower(static_cast<unsigned char>(symbol.type)) && symbol.type != 'w' && symbol.type != 'v';
}

int bindingOf(const Symbol &symbol) {
    if (isLocal(symbol))
        return STB_LOCAL;
    return symbol.type == 'W' || symbol.type == 'w' ? STB_WEAK : STB_GLOBAL;
}

struct Symbols {
    QByteArray entries; // Elf64_Sym
    QByteArray names = QByteArray(1, '\0');
    quint32 locals = 1; // number of the first that is not local

    // `range` is that of the symbol, or nullptr when it lies in none; `section` is its number.
    void append(const SymbolTable &table, qsizetype index, const Range *range, quint16 section) {
        const Symbol &symbol = table.at(index);
        Elf64_Sym entry{};
        entry.st_name = quint32(names.size());
        names.append(table.nameView(symbol)).append('\0');
        entry.st_value = symbol.address;
        entry.st_shndx = range ? section : quint16(SHN_ABS);
        entry.st_info = static_cast<unsigned char>(
            ELF64_ST_INFO(bindingOf(symbol), symbol.isText() ? STT_FUNC : STT_OBJECT));
        if (range) {
            qsizetype next = index + 1;
            while (next < table.size() && table.at(next).address == symbol.address)
                ++next;
            const quint64 end = next < table.size() ? qMin(table.at(next).address, range->end) : range->end;
            entry.st_size = end - symbol.address;
        }
        put(entries, entry);
    }
};

Symbols symbolsOf(const SymbolTable &table, const QVector<Range> &ranges) {
    Symbols symbols;
    put(symbols.entries, Elf64_Sym{});
    // The ABI wants local symbols before global ones.
    for (const bool wantsLocal : {true, false}) {
        qsizetype at = 0;
        for (qsizetype i = 0; i < table.size(); ++i) {
            const Symbol &symbol = table.at(i);
            if (isLocal(symbol) != wantsLocal)
                continue;
            while (at < ranges.size() && symbol.address >= ranges[at].end)
                ++at;
            const bool isInside = at < ranges.size() && symbol.address >= ranges[at].start;
            symbols.append(table, i, isInside ? &ranges[at] : nullptr, quint16(at + 1));
        }
        if (wantsLocal)
            symbols.locals = quint32(symbols.entries.size() / qsizetype(sizeof(Elf64_Sym)));
    }
    return symbols;
}

// The file while it grows: room for its header, the sections' content, and the table of sections at its end.
class FileWriter {
public:
    Elf64_Shdr &addSection(const QByteArray &name, quint32 type, quint64 flags) {
        Elf64_Shdr header{};
        header.sh_name = quint32(m_names.size());
        m_names.append(name).append('\0');
        header.sh_type = type;
        header.sh_flags = flags;
        header.sh_addralign = 1;
        m_sections.append(header);
        return m_sections.last();
    }

    void setContent(Elf64_Shdr &header, const QByteArray &content) {
        align();
        header.sh_offset = quint64(m_file.size());
        header.sh_size = quint64(content.size());
        m_file.append(content);
    }

    quint32 nextSection() const { return quint32(m_sections.size()); }

    QByteArray finish(int machine) {
        Elf64_Shdr &names = addSection(".shstrtab", SHT_STRTAB, 0);
        setContent(names, m_names);
        align();
        Elf64_Ehdr header{};
        std::copy_n(ELFMAG, SELFMAG, header.e_ident);
        header.e_ident[EI_CLASS] = ELFCLASS64;
        header.e_ident[EI_DATA] = ELFDATA2LSB;
        header.e_ident[EI_VERSION] = EV_CURRENT;
        header.e_type = ET_EXEC;
        header.e_machine = Elf64_Half(machine);
        header.e_version = EV_CURRENT;
        header.e_ehsize = sizeof(Elf64_Ehdr);
        header.e_shentsize = sizeof(Elf64_Shdr);
        header.e_shnum = quint16(m_sections.size());
        header.e_shstrndx = quint16(m_sections.size() - 1);
        header.e_shoff = quint64(m_file.size());
        std::copy_n(reinterpret_cast<const char *>(&header), sizeof header, m_file.data());
        for (const Elf64_Shdr &entry : m_sections)
            put(m_file, entry);
        return m_file;
    }

private:
    void align() { m_file.append((8 - m_file.size() % 8) % 8, '\0'); }

    QByteArray m_file = QByteArray(sizeof(Elf64_Ehdr), '\0');
    QByteArray m_names = QByteArray(1, '\0');
    QVector<Elf64_Shdr> m_sections = QVector<Elf64_Shdr>(1, Elf64_Shdr{});
};

} // namespace

QByteArray elfSymbolFile(const SymbolTable &table, int machine) {
    const QVector<Range> ranges = rangesOf(table);
    const Symbols symbols = symbolsOf(table, ranges);
    FileWriter file;
    for (qsizetype i = 0; i < ranges.size(); ++i) {
        QByteArray name = ranges[i].isText ? ".text" : ".data";
        if (i > 1)
            name += '.' + QByteArray::number(qlonglong(i));
        Elf64_Shdr &header =
            file.addSection(name, SHT_NOBITS, SHF_ALLOC | (ranges[i].isText ? SHF_EXECINSTR : SHF_WRITE));
        header.sh_addr = ranges[i].start;
        header.sh_size = ranges[i].end - ranges[i].start;
    }
    Elf64_Shdr &symtab = file.addSection(".symtab", SHT_SYMTAB, 0);
    symtab.sh_entsize = sizeof(Elf64_Sym);
    symtab.sh_link = file.nextSection();
    symtab.sh_info = symbols.locals;
    symtab.sh_addralign = 8;
    file.setContent(symtab, symbols.entries);
    file.setContent(file.addSection(".strtab", SHT_STRTAB, 0), symbols.names);
    return file.finish(machine);
}

} // namespace nitroscope::symbols
