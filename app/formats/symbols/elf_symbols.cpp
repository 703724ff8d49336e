// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/formats/symbols/elf_symbols.hpp"

#include <cstring>
#include <elf.h>

namespace nitroscope::symbols {
namespace {

constexpr qsizetype mostSymbols = 4'000'000;

const ElfSection *tableOf(const ElfImage &elf) {
    for (const quint32 type : {SHT_SYMTAB, SHT_DYNSYM})
        for (const ElfSection &section : elf.sections())
            if (section.type == type && section.size > 0)
                return &section;
    return nullptr;
}

char letter(const Elf64_Sym &symbol) {
    const bool isLocal = ELF64_ST_BIND(symbol.st_info) == STB_LOCAL;
    const int type = ELF64_ST_TYPE(symbol.st_info);
    // Assembly's labels have no type; what is in a section counts as text.
    const bool isText = type == STT_FUNC || type == STT_NOTYPE;
    return isText ? (isLocal ? 't' : 'T') : (isLocal ? 'd' : 'D');
}

} // namespace

SymbolTable elfSymbols(const ElfImage &elf) {
    SymbolTable table;
    const ElfSection *section = tableOf(elf);
    if (section && section->link < quint32(elf.sections().size())) {
        const ElfSection &texts = elf.sections()[section->link];
        const QByteArrayView entries =
            elf.bytes().sliced(qsizetype(section->offset), qsizetype(section->size));
        const QByteArrayView names = elf.bytes().sliced(qsizetype(texts.offset), qsizetype(texts.size));
        constexpr auto entryBytes = qsizetype(sizeof(Elf64_Sym));
        for (qsizetype at = 0; at + entryBytes <= entries.size() && at / entryBytes < mostSymbols;
             at += entryBytes) {
            Elf64_Sym symbol;
            std::memcpy(&symbol, entries.data() + at, sizeof symbol);
            const int type = ELF64_ST_TYPE(symbol.st_info);
            if (symbol.st_shndx == SHN_UNDEF || symbol.st_shndx >= SHN_LORESERVE ||
                (type != STT_FUNC && type != STT_OBJECT && type != STT_NOTYPE) ||
                symbol.st_name >= quint64(names.size()))
                continue;
            const QByteArrayView rest = names.sliced(qsizetype(symbol.st_name));
            const auto length = qsizetype(qstrnlen(rest.data(), size_t(rest.size())));
            if (length > 0)
                table.add(symbol.st_value, letter(symbol), rest.first(length));
        }
    }
    table.finish();
    return table;
}

} // namespace nitroscope::symbols
