// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/session/programs/enclave_programs.hpp"

#include <algorithm>
#include <cstring>
#include <elf.h>

namespace nitroscope::app {
namespace {

constexpr quint64 maxProgramBytes = 512 << 20, pageBytes = 4096;
constexpr quint64 headBytes = 4096; // with the program headers and, as a rule, the build id

// As much of the entry's content as there is and fits, from where the reader stands; how many bytes.
size_t readInto(formats::RamdiskReader &reader, std::span<char> out) {
    size_t filled = 0;
    while (filled < out.size()) {
        const auto count = reader.read(std::as_writable_bytes(out.subspan(filled)));
        if (!count || *count == 0)
            break;
        filled += *count;
    }
    return filled;
}

} // namespace

Result<std::shared_ptr<EnclavePrograms>> EnclavePrograms::open(const QString &eifPath) {
    return formats::EifDocument::open(eifPath).and_then(
        [](const formats::EifDocument &eif) { return open(eif); });
}

Result<std::shared_ptr<EnclavePrograms>> EnclavePrograms::open(const formats::EifDocument &eif) {
    return eif.ramdisks().map([](formats::RamdiskIndexPointer index) {
        return std::shared_ptr<EnclavePrograms>(new EnclavePrograms(std::move(index)));
    });
}

symbols::ProgramPointer EnclavePrograms::find(const QString &path) {
    if (const auto known = m_programs.constFind(path); known != m_programs.cend())
        return *known;
    const QByteArray wanted = formats::normalPath(path.toUtf8());
    auto place = m_index->files().find(wanted);
    if (!place && !wanted.isEmpty()) {
        const QByteArray suffix = '/' + wanted;
        int fitting = 0;
        for (auto file = m_index->files().all().cbegin(); file != m_index->files().all().cend(); ++file)
            if (file.key().endsWith(suffix)) {
                place = file.value();
                ++fitting;
            }
        if (fitting > 1)
            place.reset();
    }
    const symbols::ProgramPointer program = place ? open(*place) : nullptr;
    m_programs.insert(path, program);
    return program;
}

symbols::ProgramPointer EnclavePrograms::open(Place place) {
    const quint64 key = quint64(place.ramdisk) << 32 | place.entry;
    if (const auto known = m_opened.constFind(key); known != m_opened.cend())
        return *known;
    const QString path = QString::fromUtf8(m_index->files().entry(place).path);
    const auto opened =
        symbols::Program::open(m_index->files().content(place, maxProgramBytes), path.section(u'/', -1));
    return *m_opened.insert(key, opened.value_or(nullptr));
}

// One pass over each ramdisk: content in the middle of a compressed one cannot be reached otherwise.
void EnclavePrograms::eachElf(const Look &look) const {
    for (quint32 ramdisk = 0; ramdisk < m_index->ramdisks().size(); ++ramdisk) {
        formats::RamdiskReader reader(m_index->ramdisks()[ramdisk].region);
        for (quint32 entry = 0;; ++entry) {
            const auto more = reader.next();
            if (!more || !*more)
                break;
            if (!reader.entry().isRegular() || reader.entry().size < sizeof(Elf64_Ehdr))
                continue;
            QByteArray head(qsizetype(qMin<quint64>(headBytes, reader.entry().size)), '\0');
            head.resize(qsizetype(readInto(reader, std::span(head.data(), size_t(head.size())))));
            if (head.startsWith(ELFMAG))
                look({ramdisk, entry}, head, reader);
        }
    }
}

symbols::ProgramPointer EnclavePrograms::byBuildId(const QByteArray &buildId) {
    if (!std::exchange(m_areBuildIdsKnown, true))
        eachElf([this](Place place, const QByteArray &head, formats::RamdiskReader &) {
            if (const auto elf = symbols::ElfImage::open(head))
                if (const QByteArray id = elf->buildId(); !id.isEmpty())
                    m_buildIds.insert(id, place); // the kernel takes the last of equal paths, too
        });
    const auto found = m_buildIds.constFind(buildId);
    return found == m_buildIds.cend() ? nullptr : open(*found);
}

std::optional<LoadedProgram> EnclavePrograms::byCode(const QByteArray &page, quint64 address) {
    struct Found {
        Place place;
        quint64 bias;
        QByteArray content;
    };
    std::optional<Found> found;
    bool isAmbiguous = false;
    eachElf([&](Place place, const QByteArray &head, formats::RamdiskReader &reader) {
        const quint64 size = reader.entry().size;
        if (isAmbiguous || size > maxProgramBytes || address % pageBytes != 0)
            return;
        QByteArray content = head;
        content.resize(qsizetype(size));
        const std::span rest(content.data() + head.size(), size_t(content.size() - head.size()));
        if (readInto(reader, rest) < rest.size())
            return;
        const auto elf = symbols::ElfImage::open(content);
        if (!elf)
            return;
        for (const symbols::ElfSegment &segment : elf->segments()) {
            if (segment.offset % pageBytes != segment.address % pageBytes)
                continue;
            const quint64 end = qMin(segment.offset + segment.fileSize, size);
            for (quint64 at = segment.offset / pageBytes * pageBytes; at + pageBytes <= end;
                 at += pageBytes) {
                if (std::memcmp(content.constData() + at, page.constData(), pageBytes) != 0)
                    continue;
                const quint64 bias = address - (segment.address / pageBytes * pageBytes +
                                                (at - segment.offset / pageBytes * pageBytes));
                // The same file under another name is no other file.
                isAmbiguous = isAmbiguous || (found && (found->content != content || found->bias != bias));
                if (!found)
                    found = Found{place, bias, content};
            }
        }
    });
    if (!found || isAmbiguous)
        return std::nullopt;
    const symbols::ProgramPointer program = open(found->place);
    return program ? std::optional(LoadedProgram{program, found->bias}) : std::nullopt;
}

QVector<LoadedProgram> EnclavePrograms::loadedBy(const ProcessMemory &process) {
    QVector<LoadedProgram> loaded;
    for (const FileMapping &mapping : process.files) {
        const symbols::ProgramPointer program = find(mapping.path);
        const bool isKnown = std::any_of(loaded.cbegin(), loaded.cend(), [&](const LoadedProgram &other) {
            return other.program == program;
        });
        if (!program || isKnown)
            continue;
        // Mappings ascend, so this is the program's first; later ones may share a page of the file.
        for (const symbols::ElfSegment &segment : program->elf().segments())
            if (mapping.fileOffset / pageBytes == segment.offset / pageBytes) {
                loaded.append({program, mapping.start - segment.address / pageBytes * pageBytes});
                break;
            }
    }
    return loaded;
}

} // namespace nitroscope::app
