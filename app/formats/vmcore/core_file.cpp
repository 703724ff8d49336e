// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/formats/vmcore/core_file.hpp"

#include <algorithm>
#include <elf.h>
#include <QMap>

namespace nitroscope::formats {

using namespace Qt::Literals::StringLiterals;
namespace {

constexpr quint64 page = 4096, pieceBytes = 1 << 20;

// RAM of the board and where it begins in the core.
struct Stretch {
    guest::PhysicalRange range;
    quint64 offset = 0;
};

quint64 roundedUp(quint64 value, quint64 to) {
    return (value + to - 1) / to * to;
}

template <class Structure>
void append(QByteArray &bytes, const Structure &structure) {
    bytes.append(reinterpret_cast<const char *>(&structure), sizeof structure);
}

void appendNote(QByteArray &notes, QByteArrayView name, quint32 type, QByteArrayView content) {
    const Elf64_Nhdr header{Elf64_Word(name.size() + 1), Elf64_Word(content.size()), type};
    append(notes, header);
    for (const QByteArrayView part : {name, content}) {
        const bool isName = part.data() == name.data();
        notes.append(part);
        notes.append(isName ? 1 : 0, '\0');
        notes.append(qsizetype(roundedUp(quint64(notes.size()), 4)) - notes.size(), '\0');
    }
}

// From a physical address to where the kernel has all of RAM mapped. That is the one distance that most of what it maps is
// at; without page tables virtual addresses are physical ones.
quint64 distanceOfAllRam(const QVector<guest::MappedRange> &mapped) {
    QMap<quint64, quint64> bytes;
    for (const guest::MappedRange &range : mapped)
        bytes[range.address - range.physical] += range.bytes;
    const auto most = std::max_element(bytes.cbegin(), bytes.cend());
    return most == bytes.cend() ? 0 : most.key();
}

Elf64_Phdr segment(quint64 offset, quint64 address, quint64 physical, quint64 bytes) {
    Elf64_Phdr header{};
    header.p_type = PT_LOAD;
    header.p_flags = PF_R | PF_W | PF_X;
    header.p_offset = offset;
    header.p_vaddr = address;
    header.p_paddr = physical;
    header.p_filesz = header.p_memsz = bytes;
    header.p_align = page;
    return header;
}

const Stretch *stretchOf(const std::vector<Stretch> &ram, quint64 physical) {
    const auto found = std::find_if(ram.begin(), ram.end(), [physical](const Stretch &stretch) {
        return stretch.range.contains(physical);
    });
    return found == ram.end() ? nullptr : &*found;
}

QByteArray headersOf(const CoreContent &content, std::vector<Stretch> &ram) {
    const arch::Architecture &architecture = content.memory.architecture();
    QByteArray notes;
    for (std::size_t cpu = 0; cpu < content.cpus.size(); ++cpu)
        appendNote(notes, "CORE", NT_PRSTATUS,
                   architecture.coreDump.status(content.cpus[cpu], std::uint32_t(cpu + 1)));
    if (!content.vmcoreInfo.isEmpty())
        appendNote(notes, "VMCOREINFO", 0, content.vmcoreInfo);

    const quint64 distance = distanceOfAllRam(content.mapped);
    QVector<guest::MappedRange> elsewhere;
    std::copy_if(
        content.mapped.begin(), content.mapped.end(), std::back_inserter(elsewhere),
        [distance](const guest::MappedRange &range) { return range.address - range.physical != distance; });
    const quint64 count = 1 + ram.size() + quint64(elsewhere.size());
    const quint64 notesOffset = sizeof(Elf64_Ehdr) + count * sizeof(Elf64_Phdr);
    quint64 offset = roundedUp(notesOffset + quint64(notes.size()), page);
    for (Stretch &stretch : ram) {
        stretch.offset = offset;
        offset = roundedUp(offset + stretch.range.bytes, page);
    }

    Elf64_Ehdr header{};
    std::copy_n(ELFMAG, SELFMAG, header.e_ident);
    header.e_ident[EI_CLASS] = ELFCLASS64;
    header.e_ident[EI_DATA] = ELFDATA2LSB;
    header.e_ident[EI_VERSION] = EV_CURRENT;
    header.e_type = ET_CORE;
    header.e_machine = Elf64_Half(architecture.elfMachine);
    header.e_version = EV_CURRENT;
    header.e_ehsize = sizeof header;
    header.e_phoff = sizeof header;
    header.e_phentsize = sizeof(Elf64_Phdr);
    header.e_phnum = Elf64_Half(count);
    QByteArray all;
    append(all, header);
    Elf64_Phdr note{};
    note.p_type = PT_NOTE;
    note.p_offset = notesOffset;
    note.p_filesz = note.p_memsz = Elf64_Xword(notes.size());
    note.p_align = 4;
    append(all, note);
    for (const Stretch &stretch : ram)
        append(all, segment(stretch.offset, stretch.range.address + distance, stretch.range.address,
                            stretch.range.bytes));
    for (const guest::MappedRange &range : std::as_const(elsewhere))
        if (const Stretch *const stretch = stretchOf(ram, range.physical))
            append(all, segment(stretch->offset + (range.physical - stretch->range.address), range.address,
                                range.physical, range.bytes));
    return all + notes;
}

// Pages of zeros stay a hole, as what the guest never wrote.
bool writePages(app::FileWriter &file, quint64 offset, QByteArrayView bytes) {
    for (qsizetype at = 0; at < bytes.size();) {
        const auto isZero = [&](qsizetype from) {
            const QByteArrayView one = bytes.sliced(from, qMin<qsizetype>(page, bytes.size() - from));
            return std::all_of(one.begin(), one.end(), [](char c) { return c == 0; });
        };
        if (isZero(at)) {
            at += page;
            continue;
        }
        qsizetype end = at + page;
        while (end < bytes.size() && !isZero(end))
            end += page;
        end = qMin(end, bytes.size());
        if (!file.seek(qint64(offset) + at) || file.write(bytes.data() + at, end - at) != end - at)
            return false;
        at = end;
    }
    return true;
}

} // namespace

app::Result<void> writeCore(app::FileWriter &file, const CoreContent &content, const CoreProgress &progress) {
    std::vector<Stretch> ram;
    for (const guest::PhysicalRange &range : content.memory.ranges())
        if (range.backing == guest::Backing::ram)
            ram.push_back({range});
    const QByteArray headers = headersOf(content, ram);
    if (file.write(headers) != headers.size())
        return file.problem();

    const QVector<guest::PhysicalRange> populated = content.memory.populated();
    quint64 all = 0, done = 0;
    for (const guest::PhysicalRange &range : populated)
        all += range.bytes;
    for (const guest::PhysicalRange &range : populated) {
        const Stretch *const stretch = stretchOf(ram, range.address);
        for (quint64 at = range.address; stretch && at < range.end();) {
            if (progress && !progress(done, all))
                return app::failure(u"cancelled"_s, u"The core file was not written: it was cancelled."_s);
            QByteArray piece(qsizetype(qMin(pieceBytes, range.end() - at)), Qt::Uninitialized);
            if (auto read = content.memory.read(
                    at, std::as_writable_bytes(std::span(piece.data(), std::size_t(piece.size()))));
                !read)
                return read;
            if (!writePages(file, stretch->offset + (at - stretch->range.address), piece))
                return file.problem();
            at += quint64(piece.size());
            done += quint64(piece.size());
        }
    }
    // A hole at the end needs a byte to end at.
    const quint64 end = ram.empty() ? 0 : ram.back().offset + ram.back().range.bytes;
    if (quint64(file.size()) < end && (!file.seek(qint64(end) - 1) || file.write("", 1) != 1))
        return file.problem();
    return {};
}

} // namespace nitroscope::formats
