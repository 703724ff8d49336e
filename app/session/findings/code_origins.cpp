// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/session/findings/code_origins.hpp"

namespace nitroscope::app {

using formats::CodePage;

namespace {

constexpr int maxSearches = 200; // of all files for one page; programs that are known are looked at first
constexpr qsizetype maxComparedPages = 16;

// Whether it is the program's page, with the program loaded so.
bool isOf(const LoadedProgram &loaded, const CodePage &page) {
    if (page.address < loaded.bias)
        return false;
    const symbols::ElfImage &elf = loaded.program->elf();
    const quint64 linked = page.address - loaded.bias;
    for (const symbols::ElfSegment &segment : elf.segments()) {
        // The page's part that is of the segment.
        const quint64 from = qMax(linked, segment.address);
        const quint64 to = qMin(linked + quint64(page.bytes.size()), segment.address + segment.fileSize);
        if (from >= to)
            continue;
        const QByteArrayView wanted = elf.bytesAt(from, to - from);
        if (!wanted.isEmpty() &&
            QByteArrayView(page.bytes).sliced(qsizetype(from - linked), wanted.size()) == wanted)
            return true;
    }
    return false;
}

qsizetype equalBytes(QByteArrayView a, QByteArrayView b) {
    qsizetype equal = 0;
    for (qsizetype i = 0; i < qMin(a.size(), b.size()); ++i)
        equal += a[i] == b[i];
    return equal;
}

} // namespace

// Not all bytes are the file's: addresses in them have moved, and the kernel patches itself.
std::optional<quint64> slideByCode(const symbols::KernelImage &kernel, const QVector<CodePage> &pages) {
    const arch::LinuxKernel &rules = kernel.architecture().kernel;
    QVector<const CodePage *> compared;
    for (const CodePage &page : pages)
        if (rules.isKernelAddress(page.address) && compared.size() < maxComparedPages)
            compared.append(&page);
    qsizetype best = 0;
    std::optional<quint64> found;
    for (quint64 slide = 0; slide < rules.mostSlide; slide += rules.leastAlignment) {
        qsizetype equal = 0, all = 0;
        for (const CodePage *page : std::as_const(compared)) {
            const quint64 linked = page->address - slide;
            if (linked < kernel.start() || linked >= kernel.end())
                continue;
            const QByteArrayView wanted = kernel.elf().bytesAt(linked, quint64(page->bytes.size()));
            equal += equalBytes(wanted, page->bytes);
            all += page->bytes.size();
        }
        if (equal > best && equal > all * 3 / 4) {
            best = equal;
            found = slide;
        }
    }
    return found;
}

CodeOrigins::CodeOrigins(const formats::Findings &findings, CodeFiles files)
    : m_files(std::move(files)),
      m_slide(m_files.kernel ? slideByCode(*m_files.kernel, findings.pages) : std::nullopt),
      m_without(common()) {
    for (const CodePage &page : findings.pages)
        m_pages.append(recognise(page));
    std::unordered_map<quint32, SymbolParts> parts;
    for (const auto &[process, page] : findings.maps) {
        const std::optional<LoadedProgram> &loaded = m_pages[page];
        if (!loaded)
            continue;
        SymbolParts &own = parts.try_emplace(process, common()).first->second;
        if (!own.programs.contains(*loaded))
            own.programs.append(*loaded);
    }
    for (auto &[process, own] : parts)
        m_processes.emplace(process, DebugSymbols(std::move(own)));
}

// A kernel whose place is not known has no names.
SymbolParts CodeOrigins::common() const {
    SymbolParts parts;
    parts.firmware = m_files.firmware;
    if (m_slide) {
        parts.kernel = m_files.kernel;
        parts.slide = *m_slide;
    }
    return parts;
}

std::optional<LoadedProgram> CodeOrigins::recognise(const CodePage &page) {
    if (!m_files.programs ||
        (m_files.kernel && m_files.kernel->architecture().kernel.isKernelAddress(page.address)))
        return std::nullopt;
    for (const LoadedProgram &known : std::as_const(m_known))
        if (isOf(known, page))
            return known;
    if (m_searches++ >= maxSearches)
        return std::nullopt;
    auto found = m_files.programs->byCode(page.bytes, page.address);
    if (found)
        m_known.append(*found);
    return found;
}

const DebugSymbols &CodeOrigins::ofProcess(quint32 process) const {
    const auto found = m_processes.find(process);
    return found == m_processes.end() ? m_without : found->second;
}

} // namespace nitroscope::app
