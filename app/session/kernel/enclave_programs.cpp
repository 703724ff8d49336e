// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/session/kernel/enclave_programs.hpp"

#include <algorithm>

namespace nitroscope::app {
namespace {

constexpr quint64 mostProgramBytes = 512 << 20;

} // namespace

Result<std::shared_ptr<EnclavePrograms>> EnclavePrograms::open(const QString &eifPath) {
    auto document = formats::EifDocument::open(eifPath);
    if (!document)
        return tl::unexpected(document.error());
    std::shared_ptr<EnclavePrograms> programs(new EnclavePrograms(*std::move(document)));
    auto ramdisks = formats::readRamdisks(programs->m_document.source(), programs->m_document.image());
    if (!ramdisks)
        return tl::unexpected(ramdisks.error());
    programs->m_ramdisks = *std::move(ramdisks);
    programs->m_files.emplace(programs->m_ramdisks);
    return programs;
}

symbols::ProgramPointer EnclavePrograms::find(const QString &path) {
    if (const auto known = m_programs.constFind(path); known != m_programs.cend())
        return *known;
    const QByteArray wanted = formats::normalPath(path.toUtf8());
    auto place = m_files->find(wanted);
    if (!place && !wanted.isEmpty()) {
        const QByteArray suffix = '/' + wanted;
        int fitting = 0;
        for (auto file = m_files->all().cbegin(); file != m_files->all().cend(); ++file)
            if (file.key().endsWith(suffix)) {
                place = file.value();
                ++fitting;
            }
        if (fitting > 1)
            place.reset();
    }
    symbols::ProgramPointer program;
    if (place)
        if (auto opened =
                symbols::Program::open(m_files->content(*place, mostProgramBytes), path.section(u'/', -1)))
            program = *opened;
    m_programs.insert(path, program);
    return program;
}

QVector<LoadedProgram> EnclavePrograms::loadedBy(const ProcessMemory &process) {
    constexpr quint64 page = 4096;
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
            if (mapping.fileOffset / page == segment.offset / page) {
                loaded.append({program, mapping.start - segment.address / page * page});
                break;
            }
    }
    return loaded;
}

} // namespace nitroscope::app
