// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/session/kernel/running_kernel.hpp"

#include "app/formats/symbols/btf.hpp"
#include "app/session/kernel/memory_search.hpp"

#include <cstring>
#include <QMap>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;
namespace {

constexpr quint64 searchWindow = 96 << 20; // around a kallsyms table: no kernel's read-only data is larger

constexpr quint64 headBytes = 64;

using symbols::KernelImage;

// A piece of the file that is in RAM as it is, with its linked address.
struct Landmark {
    QByteArrayView bytes;
    quint64 address = 0;
};

std::optional<Landmark> landmarkOf(const KernelImage &image) {
    const QByteArrayView file = image.elf().bytes();
    quint64 offset = 0, size = 0;
    if (image.layout()) { // the table of the tokens' places follows the tokens
        offset = image.layout()->tokens;
        size = image.layout()->tokenIndex + 512 - offset;
    } else if (const qsizetype banner = image.banner().isEmpty() ? -1 : file.indexOf(image.banner());
               banner >= 0) {
        offset = quint64(banner);
        size = quint64(image.banner().size());
    } else {
        return std::nullopt;
    }
    const auto address = image.elf().addressOf(offset);
    if (!address || size > 65536 || offset + size > quint64(file.size()))
        return std::nullopt;
    return Landmark{file.sliced(qsizetype(offset), qsizetype(size)), *address};
}

// Places in the file's data that hold addresses of the kernel, spread over all of it.
struct PointerSample {
    quint64 address = 0, value = 0; // both as linked
};

QVector<PointerSample> pointersOf(const KernelImage &image) {
    constexpr qsizetype wanted = 512;
    const QByteArrayView file = image.elf().bytes();
    QVector<PointerSample> samples;
    for (const symbols::ElfSection &section : image.elf().sections()) {
        if ((section.name != ".rodata" && section.name != ".data") || section.size < 8)
            continue;
        const quint64 step = qMax<quint64>(8, section.size / 65536 & ~quint64(7));
        const qsizetype enough = samples.size() + wanted;
        for (quint64 at = 0; at + 8 <= section.size && samples.size() < enough; at += step) {
            quint64 value = 0;
            std::memcpy(&value, file.data() + section.offset + at, sizeof value);
            if (value > image.start() && value < image.end())
                samples.append({section.address + at, value});
        }
    }
    return samples;
}

// By how much the pointers in RAM have moved, when they agree.
std::optional<quint64> slideBy(const guest::PhysicalMemory &memory, quint64 physicalOffset,
                               const QVector<PointerSample> &samples) {
    const arch::LinuxKernel &kernel = memory.architecture().kernel;
    QMap<quint64, int> votes;
    for (const PointerSample &sample : samples)
        if (const auto value = memory.value<quint64>(sample.address + physicalOffset))
            ++votes[*value - sample.value];
    for (auto vote = votes.cbegin(); vote != votes.cend(); ++vote)
        if (vote.value() > samples.size() / 2 && vote.key() < kernel.mostSlide &&
            vote.key() % kernel.leastAlignment == 0)
            return vote.key();
    return std::nullopt;
}

std::optional<VmcoreInfo> findVmcoreInfo(const guest::PhysicalMemory &memory,
                                         const std::function<bool(const VmcoreInfo &)> &fits) {
    std::optional<VmcoreInfo> found;
    searchRam(memory, 0, [&](quint64 address, QByteArrayView bytes) {
        constexpr quint64 page = VmcoreInfo::pageBytes;
        static constexpr char first[] = "OSRELEASE=";
        for (quint64 at = (page - address % page) % page; at + page <= quint64(bytes.size()); at += page) {
            if (std::memcmp(bytes.data() + at, first, sizeof first - 1) != 0)
                continue;
            const auto info = VmcoreInfo::parse(bytes.sliced(qsizetype(at), qsizetype(page)).toByteArray());
            if (info && fits(*info)) {
                found = info;
                return false;
            }
        }
        return true;
    });
    return found;
}

} // namespace

Result<RunningKernel> RunningKernel::find(const guest::PhysicalMemory &memory,
                                          const symbols::KernelImagePointer &image,
                                          std::optional<guest::AddressTranslation> vcpu) {
    RunningKernel kernel(memory, image);
    if (!(image ? kernel.findByImage() : kernel.findBySearch()))
        return failure(u"no-kernel"_s,
                       image ? u"The kernel of this EIF is not in the guest's memory: it has not been "
                               "unpacked yet, or another one runs."_s
                             : u"No kernel with a symbol table was found in the guest's memory. Give "
                               "the EIF or the kernel's file."_s);
    kernel.m_head = memory.readUpTo(kernel.m_start + kernel.m_physicalOffset, headBytes);
    kernel.findTables(vcpu);
    if (!kernel.m_info && image) {
        kernel.findInfo();
        if (!kernel.m_mapped) // it may name the tables
            kernel.findTables(vcpu);
    }
    kernel.findLayouts();
    return kernel;
}

bool RunningKernel::findByImage() {
    const auto landmark = landmarkOf(*m_image);
    if (!landmark)
        return false;
    const QVector<PointerSample> samples = pointersOf(*m_image);
    const quint64 alignment = rules().leastAlignment;
    bool isFound = false;
    QByteArray there(landmark->bytes.size(), Qt::Uninitialized);
    for (const guest::PhysicalRange &range : m_memory.ranges()) {
        if (range.backing != guest::Backing::ram)
            continue;
        const quint64 first = range.address / alignment * alignment + landmark->address % alignment;
        for (quint64 at = first; at < range.end() && !isFound; at += alignment) {
            if (!m_memory.read(at, std::as_writable_bytes(std::span(there.data(), size_t(there.size())))) ||
                there != landmark->bytes)
                continue;
            const quint64 offset = at - landmark->address; // of linked addresses
            if (const auto slide = slideBy(m_memory, offset, samples)) {
                m_slide = *slide;
                m_physicalOffset = offset - m_slide;
                isFound = true;
            }
        }
    }
    if (!isFound)
        return false;
    m_start = m_image->start() + m_slide;
    m_end = m_image->end() + m_slide;
    return true;
}

// Where the kernel has its page of facts is known by name, or found by its first line.
void RunningKernel::findInfo() {
    const QString wanted = m_image->release();
    const auto fits = [&](const VmcoreInfo &info) {
        return (wanted.isEmpty() || info.release() == wanted) && info.slide().value_or(m_slide) == m_slide;
    };
    if (const auto pointer = address("vmcoreinfo_data"); pointer && m_mapped) {
        const auto page = value<quint64>(*pointer);
        m_info = page ? VmcoreInfo::parse(bytes(*page, VmcoreInfo::pageBytes)) : std::nullopt;
        if (m_info && !fits(*m_info))
            m_info.reset();
        return;
    }
    m_info = findVmcoreInfo(m_memory, fits);
}

// Without a file: VMCOREINFO says where things are, kallsyms is in RAM.
bool RunningKernel::findBySearch() {
    m_info =
        findVmcoreInfo(m_memory, [](const VmcoreInfo &info) { return info.symbol("_stext").has_value(); });
    if (!m_info)
        return false;
    const auto physicalBase = m_info->number("phys_base");
    if (!physicalBase)
        return false;
    m_slide = m_info->slide().value_or(0);
    m_physicalOffset = quint64(*physicalBase) - rules().imageBase;
    m_start = *m_info->symbol("_stext");
    m_end = m_start + searchWindow;
    const QByteArray kernel = m_memory.readUpTo(m_start + m_physicalOffset, searchWindow);
    const auto found =
        symbols::recoverKallsyms(kernel, rules(), [this](quint64 offset) { return m_start + offset; });
    symbols::SymbolTable table; // of addresses as linked; RAM has those where it runs
    if (found)
        table = found->table.movedBy(0 - m_slide);
    if (const auto end = table.find("_end"))
        m_end = qBound(m_start, *end + m_slide, m_start + searchWindow);
    m_recovered = std::make_shared<symbols::SymbolTable>(std::move(table));
    return true;
}

void RunningKernel::findTables(const std::optional<guest::AddressTranslation> &vcpu) {
    QVector<quint64> roots;
    for (const char *name : rules().tables)
        if (const auto at = address(name))
            roots.append(*at + m_physicalOffset);
    if (m_info)
        if (const auto at = m_info->symbol("swapper_pg_dir"))
            roots.append(*at + m_physicalOffset);
    // The right tables lead to where the kernel is known to be.
    QVector<guest::AddressTranslation> candidates;
    for (const quint64 root : roots)
        for (const arch::PagingMode *paging : m_memory.architecture().paging.kernelModes)
            candidates.append({paging, root});
    if (vcpu)
        candidates.append(*vcpu);
    for (const guest::AddressTranslation &candidate : candidates) {
        guest::VirtualMemory memory(m_memory, candidate);
        const auto place = memory.translate(m_start);
        if (place && place->physical == m_start + m_physicalOffset) {
            m_mapped = std::move(memory);
            return;
        }
    }
}

void RunningKernel::findLayouts() {
    constexpr quint64 maxBtf = 64 << 20;
    if (m_image) {
        m_layouts = m_image->layouts();
        return;
    }
    const auto start = address("__start_BTF"), end = address("__stop_BTF");
    if (start && end && *start < *end && *end - *start <= maxBtf)
        if (auto btf = symbols::Btf::read(bytes(*start, *end - *start)))
            m_layouts = *btf;
}

bool RunningKernel::isStillThere() const {
    return m_memory.readUpTo(m_start + m_physicalOffset, headBytes) == m_head;
}

const symbols::SymbolTable &RunningKernel::symbols() const {
    return m_image ? m_image->symbols() : *m_recovered;
}

QString RunningKernel::release() const {
    if (m_info)
        return m_info->release();
    return m_image ? m_image->release() : QString();
}

std::optional<quint64> RunningKernel::address(QByteArrayView symbol) const {
    const auto linked = symbols().find(symbol);
    if (!linked)
        return std::nullopt;
    return symbols().moved(*linked, m_slide);
}

bool RunningKernel::read(quint64 address, std::span<std::byte> out) const {
    if (address >= m_start && address < m_end && out.size() <= m_end - address)
        return m_memory.read(address + m_physicalOffset, out).has_value();
    return m_mapped && m_mapped->read(address, out).has_value();
}

QByteArray RunningKernel::bytes(quint64 address, quint64 count) const {
    QByteArray result(qsizetype(count), Qt::Uninitialized);
    return read(address, std::as_writable_bytes(std::span(result.data(), size_t(count)))) ? result
                                                                                          : QByteArray();
}

QByteArray RunningKernel::text(quint64 address, quint64 most) const {
    if (address >= m_start && address < m_end) {
        const QByteArray found = m_memory.readUpTo(address + m_physicalOffset, qMin(most, m_end - address));
        return found.first(qsizetype(qstrnlen(found.constData(), size_t(found.size()))));
    }
    return m_mapped ? m_mapped->text(address, most) : QByteArray();
}

} // namespace nitroscope::app
