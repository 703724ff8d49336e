// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/session/findings/findings_report.hpp"

#include "app/core/architectures.hpp"
#include "app/core/output/file_writer.hpp"
#include "app/core/program_locations.hpp"

#include <algorithm>
#include <map>
#include <QFile>
#include <set>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;
using formats::CoveredBlock;
using formats::Findings;
using formats::SampledStack;

namespace {

// At the bottom of stacks of the kernel's own threads, and of its boot.
constexpr std::array kernelRoots{"kthread",         "ret_from_fork", "ret_from_fork_asm",
                                 "start_kernel",    "rest_init",     "cpu_startup_entry",
                                 "start_secondary", "kernel_init",   "kernel_thread"};

bool isLibrary(const QString &name) {
    return name.contains(".so"_L1);
}

// A process is called as the first of its programs that is no library.
QByteArray nameOf(const DebugSymbols &process) {
    const QVector<LoadedProgram> &programs = process.parts().programs;
    if (programs.isEmpty())
        return {};
    const auto found = std::find_if(programs.cbegin(), programs.cend(), [](const LoadedProgram &loaded) {
        return !isLibrary(loaded.program->name());
    });
    return (found == programs.cend() ? programs.first() : *found).program->name().toUtf8();
}

QByteArray foldedName(const NamedPlace &place, bool isProcess) {
    // Functions of the kernel and of the process' own program are what most are; libraries say their name.
    return (isProcess ? place.name : place.module + u'`' + place.name).toUtf8();
}

Result<Findings> readFile(const QString &path, Findings::Kind kind) {
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly))
        return failure(u"findings"_s, u"It cannot be read: %1."_s.arg(file.errorString()), path);
    auto findings = formats::readFindings(file);
    if (findings && findings->kind != kind)
        return failure(u"findings"_s, u"This was left by the other plugin."_s, path);
    return findings;
}

QStringList problemsOf(const Findings &findings, const CodeOrigins &origins) {
    QStringList problems;
    if (!findings.isWhole)
        problems << u"QEMU did not write it to its end: what it found last is missing."_s;
    if (findings.lost > 0)
        problems << u"There was no room for %1 more."_s.arg(findings.lost);
    if (!origins.slide())
        problems
            << u"The kernel's functions have no names: its code is not that of the EIF's kernel, or none of it ran."_s;
    return problems;
}

// Modules of the table in the order in which they are met.
class Modules {
public:
    explicit Modules(formats::CoveredCode &code) : m_code(code) {}

    void add(const QByteArray &path, quint64 base, quint64 end, quint64 entry, const CoveredBlock &block) {
        const auto [found, isNew] = m_numbers.try_emplace({path, base}, quint16(m_code.modules.size()));
        if (isNew)
            m_code.modules.append({base, end, entry, path});
        m_parts.insert({quint32(block.address - base), block.bytes, found->second});
    }
    void finish() { m_code.parts = QVector<formats::CoveredPart>(m_parts.begin(), m_parts.end()); }

private:
    formats::CoveredCode &m_code;
    std::map<std::pair<QByteArray, quint64>, quint16> m_numbers;
    std::set<formats::CoveredPart> m_parts;
};

quint64 firstAddress(const symbols::ElfImage &elf) {
    quint64 first = ~quint64(0);
    for (const symbols::ElfSegment &segment : elf.segments())
        first = qMin(first, segment.address / 4096 * 4096);
    return elf.segments().isEmpty() ? 0 : first;
}

quint64 endOf(const symbols::ElfImage &elf) {
    quint64 end = 0;
    for (const symbols::ElfSegment &segment : elf.segments())
        end = qMax(end, segment.address + segment.memorySize);
    return end;
}

} // namespace

CodeFiles codeFilesOf(const QString &eifPath, const QString &debugFile) {
    CodeFiles files;
    auto kernel = symbols::KernelImage::open(eifPath);
    if (kernel && !debugFile.isEmpty())
        if (auto detailed = (*kernel)->withDebugFile(debugFile))
            kernel = *detailed;
    files.kernel = kernel.value_or(nullptr);
    files.firmware = symbols::Program::openFile(shareFolder() + u"/nitroscope-boot.elf"_s, u"firmware"_s)
                         .value_or(nullptr);
    files.programs = EnclavePrograms::open(eifPath).value_or(nullptr);
    return files;
}

formats::FoldedStacks foldedStacks(const Findings &findings, const CodeOrigins &origins) {
    const arch::LinuxKernel &rules = arch::usualArchitecture().kernel;
    formats::FoldedStacks folded;
    for (const SampledStack &stack : findings.stacks) {
        const DebugSymbols &process = origins.ofProcess(stack.process);
        const QByteArray program = nameOf(process);
        QByteArrayList frames; // the innermost first
        QByteArray root = program;
        for (const quint64 address : stack.addresses) {
            const auto place = process.place(address);
            const bool isKernel = rules.isKernelAddress(address);
            if (!place) {
                // Where no code is known a frame was none: what follows is none either.
                if (frames.isEmpty() || (isKernel && !origins.slide()))
                    frames << (isKernel ? "[kernel]" : program.isEmpty() ? "[boot]" : "[unknown]");
                break;
            }
            frames << foldedName(*place, place->module == "vmlinux"_L1 || place->module.toUtf8() == program ||
                                             place->module == "firmware"_L1);
            if (place->module == "firmware"_L1)
                root = "[firmware]";
            else if (isKernel &&
                     std::any_of(kernelRoots.begin(), kernelRoots.end(),
                                 [&place](const char *name) { return place->name == QLatin1String(name); }))
                root = "[kernel]";
        }
        if (root.isEmpty())
            root = rules.isKernelAddress(stack.addresses.first()) ? "[kernel]" : "[boot]";
        if (frames.size() == 1 && frames.first() == root)
            frames.clear();
        frames << root;
        std::reverse(frames.begin(), frames.end());
        folded.add(frames, stack.count);
    }
    return folded;
}

CoverageReport coveredCode(const Findings &findings, const CodeOrigins &origins) {
    CoverageReport report;
    Modules modules(report.code);
    const CodeFiles &files = origins.files();
    for (const CoveredBlock &block : findings.blocks) {
        const auto &loaded = block.page ? origins.ofPage(*block.page) : std::optional<LoadedProgram>();
        if (loaded) {
            const symbols::ElfImage &elf = loaded->program->elf();
            modules.add(loaded->program->name().toUtf8(), firstAddress(elf) + loaded->bias,
                        endOf(elf) + loaded->bias, elf.entry() + loaded->bias, block);
        } else if (files.kernel && origins.slide() &&
                   block.address >= files.kernel->start() + *origins.slide() &&
                   block.address < files.kernel->end() + *origins.slide()) {
            modules.add("vmlinux", files.kernel->start() + *origins.slide(),
                        files.kernel->end() + *origins.slide(), files.kernel->start() + *origins.slide(),
                        block);
        } else if (files.firmware && files.firmware->elf().has(block.address)) {
            const symbols::ElfImage &elf = files.firmware->elf();
            modules.add("firmware", firstAddress(elf), endOf(elf), elf.entry(), block);
        } else {
            ++report.unnamed;
        }
    }
    modules.finish();
    return report;
}

QByteArray coveredLines(const Findings &findings, const CodeOrigins &origins) {
    std::map<QByteArray, std::set<int>> files;
    const CodeFiles &known = origins.files();
    const symbols::Program *const kernel = known.kernel ? known.kernel->debug().get() : nullptr;
    for (const CoveredBlock &block : findings.blocks) {
        const auto &loaded = block.page ? origins.ofPage(*block.page) : std::optional<LoadedProgram>();
        const symbols::Program *program = loaded ? loaded->program.get() : nullptr;
        quint64 linked = loaded ? block.address - loaded->bias : block.address;
        if (!loaded && kernel && origins.slide()) {
            program = kernel;
            linked = block.address - *origins.slide();
        }
        if (!program || !program->hasDwarf() || !program->elf().has(linked))
            continue;
        // Lines change at instructions; bytes within one have its line.
        for (quint64 at = linked; at < linked + block.bytes; ++at)
            for (const symbols::SourceLine &line : program->source(at))
                if (line.line > 0)
                    files[DebugSymbols::shortFile(line).toUtf8()].insert(line.line);
    }
    QByteArray text = "TN:\n";
    for (const auto &[file, lines] : files) {
        text += "SF:" + file + '\n';
        for (const int line : lines)
            text += "DA:" + QByteArray::number(line) + ",1\n";
        text += "LH:" + QByteArray::number(qsizetype(lines.size())) + "\nend_of_record\n";
    }
    return text;
}

Result<QStringList> writeProfile(const QString &findings, const CodeFiles &files, const QString &path) {
    const auto found = readFile(findings, Findings::Kind::profile);
    if (!found)
        return tl::unexpected(found.error());
    const CodeOrigins origins(*found, files);
    if (auto written = writeFile(path, foldedStacks(*found, origins).text()); !written)
        return tl::unexpected(written.error());
    return problemsOf(*found, origins);
}

Result<QStringList> writeCoverage(const QString &findings, const CodeFiles &files, const QString &path,
                                  const QString &linesPath) {
    const auto found = readFile(findings, Findings::Kind::coverage);
    if (!found)
        return tl::unexpected(found.error());
    const CodeOrigins origins(*found, files);
    const CoverageReport report = coveredCode(*found, origins);
    if (auto written = writeFile(path, report.code.drcov()); !written)
        return tl::unexpected(written.error());
    if (!linesPath.isEmpty())
        if (auto written = writeFile(linesPath, coveredLines(*found, origins)); !written)
            return tl::unexpected(written.error());
    QStringList problems = problemsOf(*found, origins);
    if (report.unnamed > 0)
        problems
            << u"%1 of %2 blocks are of no file that is known: the boot before the kernel, kernel modules, or code "
               "that was made as it ran."_s.arg(report.unnamed)
                   .arg(found->blocks.size());
    return problems;
}

} // namespace nitroscope::app
