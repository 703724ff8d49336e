// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/formats/symbols/program.hpp"

#include "app/formats/symbols/dwarf_file.hpp"
#include "qemu-machine/launch/file_source.hpp"

#include <cstring>
#include <dwarf.h>
#include <elf.h>
#include <QFile>

namespace nitroscope::symbols {

using namespace Qt::Literals::StringLiterals;
namespace {

constexpr quint64 maxFileBytes = quint64(4) << 30;
constexpr int maxInlines = 64;

char letterOf(const Elf64_Sym &symbol) {
    const bool isLocal = ELF64_ST_BIND(symbol.st_info) == STB_LOCAL;
    const bool isText =
        ELF64_ST_TYPE(symbol.st_info) == STT_FUNC || ELF64_ST_TYPE(symbol.st_info) == STT_GNU_IFUNC;
    const char letter = isText ? 'T' : 'D';
    return isLocal ? char(letter | 0x20) : letter;
}

SymbolTable symbolsOf(const ElfImage &elf) {
    SymbolTable table;
    const auto readSection = [&](quint32 type) {
        for (const ElfSection &section : elf.sections()) {
            if (section.type != type || section.size == 0 || section.link >= quint32(elf.sections().size()))
                continue;
            const ElfSection &strings = elf.sections()[section.link];
            const QByteArrayView names =
                elf.bytes().sliced(qsizetype(strings.size ? strings.offset : 0), qsizetype(strings.size));
            const QByteArrayView entries =
                elf.bytes().sliced(qsizetype(section.offset), qsizetype(section.size));
            for (qsizetype at = 0; entries.size() - at >= qsizetype(sizeof(Elf64_Sym));
                 at += qsizetype(sizeof(Elf64_Sym))) {
                Elf64_Sym symbol;
                std::memcpy(&symbol, entries.data() + at, sizeof symbol);
                const int kind = ELF64_ST_TYPE(symbol.st_info);
                if (symbol.st_shndx == SHN_UNDEF || symbol.st_name >= quint64(names.size()) ||
                    kind == STT_SECTION || kind == STT_FILE || kind == STT_TLS)
                    continue;
                const QByteArrayView rest = names.sliced(qsizetype(symbol.st_name));
                const auto length =
                    qsizetype(qstrnlen(rest.data(), size_t(qMin<qsizetype>(rest.size(), 4096))));
                if (length > 0 && symbol.st_shndx != SHN_ABS)
                    table.add(symbol.st_value, letterOf(symbol), rest.first(length), symbol.st_size);
            }
        }
    };
    readSection(SHT_SYMTAB);
    if (table.isEmpty())
        readSection(SHT_DYNSYM);
    table.setSections(symbolSections(elf));
    table.finish();
    return table;
}

QString text(const char *utf8) {
    return utf8 ? QString::fromUtf8(utf8) : QString();
}

QString nameOf(Dwarf_Die *die) {
    Dwarf_Attribute attribute;
    return text(dwarf_formstring(dwarf_attr_integrate(die, DW_AT_name, &attribute)));
}

// The place in the caller that an inlined function stands for.
SourceLine callPlace(Dwarf_Die *inlined, Dwarf_Die *unit) {
    SourceLine place;
    Dwarf_Attribute attribute;
    Dwarf_Word number = 0;
    if (dwarf_formudata(dwarf_attr(inlined, DW_AT_call_line, &attribute), &number) == 0)
        place.line = int(number);
    Dwarf_Files *files = nullptr;
    size_t count = 0;
    if (dwarf_formudata(dwarf_attr(inlined, DW_AT_call_file, &attribute), &number) == 0 &&
        dwarf_getsrcfiles(unit, &files, &count) == 0 && number < count)
        place.file = text(dwarf_filesrc(files, size_t(number), nullptr, nullptr));
    return place;
}

} // namespace

QVector<SymbolSection> symbolSections(const ElfImage &elf) {
    QVector<SymbolSection> sections;
    for (const ElfSection &section : elf.sections())
        if (section.memorySize != 0)
            sections.append({section.address, section.memorySize});
    if (sections.isEmpty())
        for (const ElfSegment &segment : elf.segments())
            sections.append({segment.address, qMax(segment.fileSize, segment.memorySize)});
    return sections;
}

Program::Program(const QByteArray &bytes, const QString &name, ElfImage elf)
    : m_bytes(bytes), m_name(name), m_elf(std::move(elf)), m_symbols(symbolsOf(m_elf)),
      m_dwarf(std::make_unique<DwarfFile>(m_bytes)) {}

Program::~Program() = default;

app::Result<ProgramPointer> Program::open(const QByteArray &bytes, const QString &name) {
    auto elf = ElfImage::open(bytes);
    if (!elf) {
        app::Error error = elf.error();
        error.context = name;
        return tl::unexpected(error);
    }
    return ProgramPointer(new Program(bytes, name, *std::move(elf)));
}

app::Result<ProgramPointer> Program::openFile(const QString &path, const QString &name) {
    const auto file = launch::FileSource::open(QFile::encodeName(path).constData(), "program");
    if (!file)
        return app::failure(u"program-file"_s, QString::fromStdString(file.error()));
    if (file->size() > maxFileBytes)
        return app::failure(u"program-file"_s, u"This file has more than 4 GiB, which no program has."_s,
                            path);
    QByteArray bytes(qsizetype(file->size()), Qt::Uninitialized);
    if (!file->read(0, std::as_writable_bytes(std::span(bytes.data(), size_t(bytes.size())))))
        return app::failure(u"program-file"_s, u"The file changed while it was read; try again."_s, path);
    return open(bytes, name);
}

bool Program::hasDwarf() const {
    return m_dwarf->handle() != nullptr;
}

QVector<SourceLine> Program::source(quint64 address) const {
    const std::lock_guard guard(m_dwarf->lock());
    auto unit = m_dwarf->unit(address);
    if (!unit)
        return {};
    SourceLine place;
    if (Dwarf_Line *line = dwarf_getsrc_die(&*unit, address)) {
        place.file = text(dwarf_linesrc(line, nullptr, nullptr));
        dwarf_lineno(line, &place.line);
    }
    Dwarf_Attribute attribute;
    const QString folder = text(dwarf_formstring(dwarf_attr(&*unit, DW_AT_comp_dir, &attribute)));
    QVector<SourceLine> places;
    const auto finish = [&](const QString &function) {
        place.folder = folder;
        place.function = function;
        if (!place.file.isEmpty())
            places.append(place);
    };
    // The innermost scope, then what contains it where it is: dwarf_getscopes() goes on with the scopes of an
    // inlined function's definition.
    Dwarf_Die *innermost = nullptr, *scopes = nullptr;
    const int found = dwarf_getscopes(&*unit, address, &innermost);
    const int count = found > 0 ? dwarf_getscopes_die(&innermost[0], &scopes) : 0;
    if (found > 0)
        std::free(innermost);
    bool hasFunction = false;
    for (int i = 0; i < count && !hasFunction && places.size() < maxInlines; ++i) {
        const int tag = dwarf_tag(&scopes[i]);
        if (tag != DW_TAG_inlined_subroutine && tag != DW_TAG_subprogram)
            continue;
        finish(nameOf(&scopes[i]));
        hasFunction = tag == DW_TAG_subprogram;
        place = callPlace(&scopes[i], &*unit);
    }
    if (count > 0)
        std::free(scopes);
    if (places.isEmpty())
        finish({});
    return places;
}

QMap<int, quint64> Program::codeLines(quint64 address, const QString &file) const {
    const std::lock_guard guard(m_dwarf->lock());
    auto unit = m_dwarf->unit(address);
    Dwarf_Lines *lines = nullptr;
    size_t count = 0;
    if (!unit || dwarf_getsrclines(&*unit, &lines, &count) != 0)
        return {};
    Dwarf_Attribute attribute;
    const QString folder = text(dwarf_formstring(dwarf_attr(&*unit, DW_AT_comp_dir, &attribute)));
    QMap<int, quint64> found;
    const char *last = nullptr; // most lines in a row are of one file, and have its name from one place
    bool isWanted = false;
    for (size_t i = 0; i < count; ++i) {
        Dwarf_Line *line = dwarf_onesrcline(lines, i);
        Dwarf_Addr at = 0;
        int number = 0;
        bool begins = false;
        if (!line || dwarf_lineaddr(line, &at) != 0 || dwarf_lineno(line, &number) != 0 || number <= 0 ||
            dwarf_linebeginstatement(line, &begins) != 0 || !begins)
            continue;
        if (const char *name = dwarf_linesrc(line, nullptr, nullptr); name != last) {
            last = name;
            const QString spelled = text(name);
            isWanted = spelled == file || (!folder.isEmpty() && folder + u'/' + spelled == file);
        }
        if (isWanted && (!found.contains(number) || at < found.value(number)))
            found.insert(number, at);
    }
    return found;
}

} // namespace nitroscope::symbols
