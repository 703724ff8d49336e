// SPDX-License-Identifier: GPL-2.0-or-later
//
// Where the fields of an ELF header of a program header and of a dynamic entry stand in files of 32 and of 64 bits (System V
// gABI, "ELF Header", "Program Header" and "Dynamic Section"), and numbers out of a file in the order that it chose.

#pragma once

#include <optional>
#include <QByteArray>
#include <QByteArrayView>
#include <utility>

namespace nitroscope::formats {

// Offsets from the start of the file or of the program header, widths in bytes.
struct ElfField {
    const char *name;
    quint8 offset32, width32, offset64, width64;
};

namespace elf {
inline constexpr QByteArrayView magic = "\x7f"
                                        "ELF";
inline constexpr ElfField type = {"e_type", 16, 2, 16, 2}, machine = {"e_machine", 18, 2, 18, 2},
                          entry = {"e_entry", 24, 4, 24, 8}, programTable = {"e_phoff", 28, 4, 32, 8},
                          sectionTable = {"e_shoff", 32, 4, 40, 8},
                          programSize = {"e_phentsize", 42, 2, 54, 2},
                          programCount = {"e_phnum", 44, 2, 56, 2}, sectionCount = {"e_shnum", 48, 2, 60, 2};
inline constexpr ElfField programType = {"p_type", 0, 4, 0, 4}, programOffset = {"p_offset", 4, 4, 8, 8},
                          programAddress = {"p_vaddr", 8, 4, 16, 8}, fileSize = {"p_filesz", 16, 4, 32, 8},
                          memorySize = {"p_memsz", 20, 4, 40, 8}, programFlags = {"p_flags", 24, 4, 4, 4};
inline constexpr ElfField dynamicTag = {"d_tag", 0, 4, 0, 8}, dynamicValue = {"d_val", 4, 4, 8, 8};
} // namespace elf

class ElfBytes {
public:
    // `file` must outlive it. It need not be an ELF file.
    explicit ElfBytes(const QByteArray &file)
        : m_file(file), m_is64Bit(byteAt(4) == 2), m_isBigEndian(byteAt(5) == 2) {}

    // A part of that file, read for itself; offsets count from its beginning.
    ElfBytes(const QByteArray &part, const ElfBytes &file)
        : m_file(part), m_is64Bit(file.m_is64Bit), m_isBigEndian(file.m_isBigEndian) {}

    bool is64Bit() const { return m_is64Bit; }
    bool isBigEndian() const { return m_isBigEndian; }

    bool has(quint64 offset, quint64 length) const {
        const auto size = static_cast<quint64>(m_file.size());
        return offset <= size && length <= size - offset;
    }
    // First byte and width of a field of the header at `header`.
    std::pair<quint64, quint64> place(const ElfField &field, quint64 header = 0) const {
        return m_is64Bit ? std::pair<quint64, quint64>(header + field.offset64, field.width64)
                         : std::pair<quint64, quint64>(header + field.offset32, field.width32);
    }
    // Zero where the field is not all there.
    quint64 load(const ElfField &field, quint64 header = 0) const {
        const auto [offset, width] = place(field, header);
        quint64 value = 0;
        for (quint64 i = 0; i < width && has(offset, width); ++i)
            value = value << 8 | byteAt(offset + (m_isBigEndian ? i : width - 1 - i));
        return value;
    }
    // First byte of the program header with this number; nothing when it lies outside of the file or is
    // shorter than `least`.
    std::optional<quint64> programHeader(quint64 number, quint64 least) const {
        const quint64 table = load(elf::programTable), size = load(elf::programSize);
        const quint64 header = table + number * size;
        if (header < table || size < least || !has(header, size))
            return std::nullopt;
        return header;
    }

private:
    quint8 byteAt(quint64 offset) const {
        return has(offset, 1) ? static_cast<quint8>(m_file[static_cast<qsizetype>(offset)]) : quint8{0};
    }

    const QByteArray &m_file;
    bool m_is64Bit, m_isBigEndian;
};

} // namespace nitroscope::formats
