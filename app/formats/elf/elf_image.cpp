// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/formats/elf/elf_image.hpp"

#include <algorithm>
#include <cstring>
#include <elf.h>

namespace nitroscope::symbols {

using namespace Qt::Literals::StringLiterals;
namespace {

constexpr int maxHeaders = 4096;

tl::unexpected<app::Error> notElf(const QString &message, quint64 offset) {
    return tl::unexpected(app::Error{u"not-elf"_s, message, offset, {}});
}

// A copy, because nothing in the file needs to be aligned.
template <class T>
std::optional<T> readAt(QByteArrayView bytes, quint64 offset) {
    if (offset > quint64(bytes.size()) || quint64(bytes.size()) - offset < sizeof(T))
        return std::nullopt;
    T value;
    std::memcpy(&value, bytes.data() + offset, sizeof value);
    return value;
}

QByteArrayView cut(QByteArrayView bytes, quint64 offset, quint64 size) {
    if (offset > quint64(bytes.size()) || size > quint64(bytes.size()) - offset)
        return {};
    return bytes.sliced(qsizetype(offset), qsizetype(size));
}

// Names and contents are padded to 4 bytes.
QByteArray buildIdIn(QByteArrayView notes) {
    for (quint64 at = 0; const auto note = readAt<Elf64_Nhdr>(notes, at);) {
        const auto padded = [](quint64 size) { return (size + 3) & ~quint64(3); };
        const quint64 content = at + sizeof *note + padded(note->n_namesz);
        if (note->n_type == NT_GNU_BUILD_ID && note->n_descsz <= 64)
            if (const auto id = cut(notes, content, note->n_descsz); !id.isEmpty())
                return id.toByteArray();
        at = content + padded(note->n_descsz);
    }
    return {};
}

} // namespace

app::Result<ElfImage> ElfImage::open(QByteArrayView bytes) {
    const auto header = readAt<Elf64_Ehdr>(bytes, 0);
    if (!header || std::memcmp(header->e_ident, ELFMAG, SELFMAG) != 0)
        return notElf(u"This is not an ELF file."_s, 0);
    if (header->e_ident[EI_CLASS] != ELFCLASS64 || header->e_ident[EI_DATA] != ELFDATA2LSB)
        return notElf(u"Only 64-bit little-endian ELF files are understood."_s, EI_CLASS);
    ElfImage image;
    image.m_bytes = bytes;
    image.m_machine = header->e_machine;
    image.m_entry = header->e_entry;
    for (int i = 0; i < header->e_phnum && i < maxHeaders; ++i) {
        const auto segment = readAt<Elf64_Phdr>(bytes, header->e_phoff + quint64(i) * sizeof(Elf64_Phdr));
        if (!segment)
            return notElf(u"The program headers lie outside of the file."_s, offsetof(Elf64_Ehdr, e_phoff));
        if (segment->p_type == PT_LOAD || segment->p_type == PT_NOTE)
            (segment->p_type == PT_LOAD ? image.m_segments : image.m_notes)
                .append({segment->p_offset, segment->p_vaddr, segment->p_filesz, segment->p_paddr,
                         segment->p_memsz});
    }
    // Section headers are optional; without their names they are useless.
    const quint64 table = header->e_shoff;
    const auto names = readAt<Elf64_Shdr>(bytes, table + header->e_shstrndx * sizeof(Elf64_Shdr));
    for (int i = 0; names && table != 0 && i < header->e_shnum && i < maxHeaders; ++i) {
        const auto section = readAt<Elf64_Shdr>(bytes, table + quint64(i) * sizeof(Elf64_Shdr));
        if (!section)
            break;
        const QByteArrayView name = cut(bytes, names->sh_offset + section->sh_name, 0).isNull()
                                        ? QByteArrayView()
                                        : bytes.sliced(qsizetype(names->sh_offset + section->sh_name));
        ElfSection entry{
            QByteArray(name.data(),
                       qsizetype(qstrnlen(name.data(), size_t(qMin<qsizetype>(name.size(), 256))))),
            section->sh_offset,
            section->sh_addr,
            section->sh_size,
            section->sh_type,
            section->sh_link,
            section->sh_flags & SHF_ALLOC ? section->sh_size : 0};
        if (entry.type == SHT_NOBITS || cut(bytes, entry.offset, entry.size).size() != qsizetype(entry.size))
            entry.size = 0;
        image.m_sections.append(entry);
    }
    return image;
}

QByteArrayView ElfImage::section(QByteArrayView name) const {
    for (const ElfSection &section : m_sections)
        if (section.name == name && section.size > 0)
            return cut(m_bytes, section.offset, section.size);
    return {};
}

std::optional<quint64> ElfImage::addressOf(quint64 fileOffset) const {
    for (const ElfSegment &segment : m_segments)
        if (fileOffset >= segment.offset && fileOffset - segment.offset < segment.fileSize)
            return segment.address + (fileOffset - segment.offset);
    return std::nullopt;
}

bool ElfImage::has(quint64 address) const {
    return std::any_of(m_segments.cbegin(), m_segments.cend(), [address](const ElfSegment &segment) {
        return address >= segment.address &&
               address - segment.address < qMax(segment.fileSize, segment.memorySize);
    });
}

const ElfSegment *ElfImage::segmentOf(quint64 address, quint64 size) const {
    const auto end = quint64(m_bytes.size());
    for (const ElfSegment &segment : m_segments) {
        if (address < segment.address || size > segment.fileSize || size > end)
            continue;
        const quint64 within = address - segment.address;
        if (within <= segment.fileSize - size && segment.offset <= end - size &&
            within <= end - size - segment.offset)
            return &segment;
    }
    return nullptr;
}

QByteArrayView ElfImage::bytesAt(quint64 address, quint64 size) const {
    const ElfSegment *segment = segmentOf(address, size);
    return segment
               ? m_bytes.sliced(qsizetype(segment->offset + (address - segment->address)), qsizetype(size))
               : QByteArrayView();
}

QByteArray ElfImage::buildId() const {
    for (const ElfSection &section : m_sections)
        if (section.type == SHT_NOTE)
            if (const QByteArray id = buildIdIn(cut(m_bytes, section.offset, section.size)); !id.isEmpty())
                return id;
    for (const ElfSegment &notes : m_notes)
        if (const QByteArray id = buildIdIn(cut(m_bytes, notes.offset, notes.fileSize)); !id.isEmpty())
            return id;
    return {};
}

} // namespace nitroscope::symbols
