// SPDX-License-Identifier: GPL-2.0-or-later
//
// Programs that are ELF files; see program_check.hpp. Follows Linux, fs/binfmt_elf.c, and the dynamic loader.

#include "app/formats/elf/elf_libraries.hpp"
#include "app/formats/lint/program_check.hpp"
#include "app/formats/tree/value_text.hpp"

#include <cerrno>

namespace nitroscope::formats {

using namespace Qt::Literals::StringLiterals;

ProgramCheck::Verdict ProgramCheck::checkElf(BootFiles::Place place, const ElfHeader &elf,
                                             const QString &where) {
    if (const ImageArchitectureFacts &image = factsOf(m_architecture); elf.machine != image.elfMachine)
        return failed(
            ENOEXEC, "-architecture", where,
            u"It is a program for %1; the image is for %2."_s.arg(elf.machineText(), image.nameText()),
            u"Build it for the image's processor (docker build --platform)."_s);
    constexpr quint16 program = 2, positionIndependent = 3;
    if (elf.type != program && elf.type != positionIndependent)
        return failed(ENOEXEC, "-not-a-program", where,
                      u"It is an ELF file, but no program: %1."_s.arg(elf.typeText()),
                      u"Replace it by the program."_s);
    if (!elf.hasAllProgramHeaders)
        return failed(ENOEXEC, "-not-a-program", where,
                      u"It is an ELF file without the headers that say what to load; it may be cut."_s,
                      u"Copy the program again."_s);
    Verdict verdict;
    const quint64 size = m_files.ramdisk(place).contentOf(place.entry).size;
    if (elf.loadedEnd > size)
        verdict.findings.push_back(
            finding("-cut", Severity::error, where,
                    u"It is cut: %1 bytes are to be loaded, and the file has %2. It starts, and ends with a "
                    "signal (SIGBUS or SIGSEGV)."_s.arg(elf.loadedEnd)
                        .arg(size),
                    u"Copy the program again."_s));
    if (elf.interpreter.isEmpty())
        return verdict;
    if (!isFound(elf.interpreter))
        return failed(
            ENOENT, "-dynamic", where,
            u"It is dynamically linked and needs '%1', which is not there; the kernel then says 'No such "
            "file or directory' of the program itself."_s.arg(printableText(elf.interpreter)),
            u"Link it statically, or add the loader and all its libraries."_s);
    if (auto refused = checkLoader(elf.interpreter, where))
        return *std::move(refused);
    if (m_root.isEmpty())
        verdict.findings.push_back(finding(
            "-dynamic", Severity::warning, where,
            u"It is dynamically linked against '%1'; every library must be in the first ramdisk."_s.arg(
                printableText(elf.interpreter)),
            u"Link it statically."_s));
    checkLibraries(verdict, place, elf.interpreter, where);
    return verdict;
}

// What load_elf_binary() of fs/binfmt_elf.c asks of the loader, which is there.
std::optional<ProgramCheck::Verdict> ProgramCheck::checkLoader(const QByteArray &path, const QString &where) {
    const auto place = m_files.resolve(path, m_root);
    if (!place)
        return std::nullopt;
    const RamdiskEntry &entry = m_files.entry(*place);
    if (!entry.isRegular() || !(entry.mode & 0111))
        return failed(EACCES, "-dynamic", where,
                      u"Its dynamic loader '%1' cannot be started: its mode is %2."_s.arg(
                          printableText(path), QString::fromLatin1(modeText(entry.mode))),
                      u"chmod 755 before building."_s);
    constexpr qsizetype minBytes = 64; // of an ELF header, which is read whole
    const QByteArray front = m_files.content(*place, maxFrontBytes);
    if (front.size() < minBytes || !readElfHeader(front))
        return failed(front.size() < minBytes ? EIO : ELIBBAD, "-dynamic", where,
                      u"Its dynamic loader '%1' is no ELF file."_s.arg(printableText(path)),
                      u"Replace it by the loader of the C library that the program was built for."_s);
    return std::nullopt;
}

// Libraries may stand anywhere (ld.so.cache, RUNPATH), so only one that is nowhere is told.
void ProgramCheck::checkLibraries(Verdict &verdict, BootFiles::Place place, const QByteArray &loader,
                                  const QString &where) {
    constexpr quint64 maxUnpacked = quint64{64} << 20; // to read out of a compressed ramdisk, each time
    constexpr qsizetype maxLibraries = 200;
    const auto neededBy = [&](BootFiles::Place file) {
        const Ramdisk &ramdisk = m_files.ramdisk(file);
        const RamdiskEntry &entry = ramdisk.contentOf(file.entry);
        const RamdiskMember &member = ramdisk.members[entry.member];
        if (member.compression != Compression::none && member.unpackedBytes > maxUnpacked)
            return QList<QByteArray>();
        return neededLibraries([&](quint64 offset, quint64 length) {
            return readContent(ramdisk, entry, offset, length).value_or(QByteArray());
        });
    };
    const bool isMusl =
        loader.mid(loader.lastIndexOf('/') + 1).startsWith("ld-musl-"); // which is libc itself
    QList<QByteArray> left = neededBy(place);
    QSet<QByteArray> seen;
    for (QByteArray name; !left.isEmpty() && seen.size() < maxLibraries;) {
        name = left.takeFirst();
        if (seen.contains(name) || (isMusl && (name.startsWith("libc.musl-") || name == "libc.so")))
            continue;
        seen.insert(name);
        if (name.contains('/') ? !isFound(name) : !names().contains(name))
            verdict.findings.push_back(finding(
                "-library-missing", Severity::error, where,
                u"It needs the shared library '%1', which is nowhere in the image: the dynamic loader says "
                "'error while loading shared libraries' and ends."_s.arg(printableText(name)),
                u"Add the library, or link the program statically."_s));
        else
            for (const char *folder : {"lib", "usr/lib", "lib64", "usr/lib64", "lib/x86_64-linux-gnu",
                                       "usr/lib/x86_64-linux-gnu", "lib/aarch64-linux-gnu"})
                if (const auto library = m_files.resolve(folder + ("/" + name), m_root)) {
                    left += neededBy(*library);
                    break;
                }
    }
}

} // namespace nitroscope::formats
