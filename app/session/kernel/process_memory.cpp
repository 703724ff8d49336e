// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/session/kernel/process_memory.hpp"

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;
namespace {

constexpr int maxMappings = 8192, deepestTree = 16, deepestPath = 64;
constexpr quint64 maxNameLength = 256, pageShift = 12;

struct MemoryLayout {
    quint64 pgd = 0, vmStart = 0, vmEnd = 0, vmFile = 0, vmOffset = 0, dentry = 0, parent = 0, name = 0;
    std::optional<quint64> treeRoot; // since 6.1
    std::optional<quint64> first, next;
};

std::optional<MemoryLayout> layoutOf(const symbols::TypeLayouts &types) {
    MemoryLayout layout;
    const auto take = [&types](quint64 &offset, const char *type, const char *path) {
        const auto place = types.field(type, path);
        offset = place ? place->offset : 0;
        return place.has_value();
    };
    if (!take(layout.pgd, "mm_struct", "pgd") || !take(layout.vmStart, "vm_area_struct", "vm_start") ||
        !take(layout.vmEnd, "vm_area_struct", "vm_end") ||
        !take(layout.vmFile, "vm_area_struct", "vm_file") ||
        !take(layout.vmOffset, "vm_area_struct", "vm_pgoff") ||
        !take(layout.dentry, "file", "f_path.dentry") || !take(layout.parent, "dentry", "d_parent") ||
        !take(layout.name, "dentry", "d_name.name"))
        return std::nullopt;
    if (const auto root = types.field("mm_struct", "mm_mt.ma_root")) {
        layout.treeRoot = root->offset;
        return layout;
    }
    const auto first = types.field("mm_struct", "mmap"), next = types.field("vm_area_struct", "vm_next");
    if (!first || !next)
        return std::nullopt;
    layout.first = first->offset;
    layout.next = next->offset;
    return layout;
}

// Collects the entries of a maple tree. Nodes are 256 bytes and aligned so; the lower byte of a pointer to
// one has the node's type in bits 3..6.
class MapleTree {
public:
    MapleTree(const RunningKernel &kernel, QVector<quint64> &entries)
        : m_kernel(kernel), m_entries(entries) {}

    // `most`: the last index below this node, which the node itself does not repeat.
    void walk(quint64 pointer, quint64 most, int depth) {
        enum Type : quint64 { dense, leaf64, range64, arange64 };
        constexpr quint64 nodeBytes = 256, leastPointer = 4096;
        if (!isNode(pointer)) {
            if (pointer >= leastPointer && m_kernel.isKernelAddress(pointer))
                m_entries.append(pointer);
            return;
        }
        const quint64 type = pointer >> 3 & 15;
        // Slots follow parent and pivots: 15 pivots and 16 slots, or 9 and 10 with gaps behind.
        const bool hasGaps = type == arange64;
        const qsizetype first = hasGaps ? 80 : 128, count = hasGaps ? 10 : 16;
        if (depth > deepestTree || type == dense || type > arange64)
            return;
        const QByteArray node = m_kernel.bytes(pointer & ~(nodeBytes - 1), nodeBytes);
        if (node.isEmpty())
            return;
        quint64 last = 0;
        for (qsizetype i = 0; i < count && m_entries.size() < maxMappings && m_visited < maxMappings; ++i) {
            ++m_visited;
            const quint64 slot = wordAt(node, first + 8 * i);
            const quint64 stored = i + 1 < count ? wordAt(node, 8 + 8 * i) : 0;
            const quint64 pivot = stored == 0 ? most : stored;
            if (slot != 0) {
                if (type == leaf64)
                    m_entries.append(slot);
                else
                    walk(slot, pivot, depth + 1);
            }
            if (pivot >= most || (i > 0 && pivot <= last))
                break;
            last = pivot;
        }
    }

private:
    static bool isNode(quint64 pointer) { return (pointer & 3) == 2 && pointer > 4096; }
    static quint64 wordAt(const QByteArray &bytes, qsizetype offset) {
        quint64 word = 0;
        std::memcpy(&word, bytes.constData() + offset, sizeof word);
        return word;
    }

    const RunningKernel &m_kernel;
    QVector<quint64> &m_entries;
    int m_visited = 0;
};

QString pathOf(const RunningKernel &kernel, const MemoryLayout &layout, quint64 file) {
    QString path;
    auto dentry = kernel.value<quint64>(file + layout.dentry);
    for (int i = 0; i < deepestPath && dentry; ++i) {
        const auto parent = kernel.value<quint64>(*dentry + layout.parent);
        const auto name = kernel.value<quint64>(*dentry + layout.name);
        if (!parent || !name || *parent == *dentry)
            break;
        path = u'/' + QString::fromUtf8(kernel.text(*name, maxNameLength)) + path;
        dentry = parent;
    }
    return path;
}

} // namespace

Result<ProcessMemory> readProcess(const RunningKernel &kernel, const TaskLayout &layout, quint64 task) {
    const auto fields = kernel.layouts() ? layoutOf(*kernel.layouts()) : std::nullopt;
    if (!fields || !layout.mm)
        return failure(
            u"no-layout"_s,
            u"Programs of a process are not known, because nothing describes this kernel's "
            "mm_struct (no BTF, no debug information). Give its vmlinux (on the command line with --debug-file)."_s);
    const quint64 mm = kernel.value<quint64>(task + *layout.mm).value_or(0);
    const auto pgd = mm ? kernel.value<quint64>(mm + fields->pgd) : std::nullopt;
    const auto tables =
        pgd && kernel.mapped() ? kernel.mapped()->translate(*pgd) : Result<guest::Translation>();
    if (!pgd || !tables || !kernel.mapped())
        return failure(u"no-process"_s, u"This task has no memory of its own."_s);
    ProcessMemory memory;
    memory.pageTable = tables->physical;
    QVector<quint64> areas;
    if (fields->treeRoot) {
        MapleTree(kernel, areas)
            .walk(kernel.value<quint64>(mm + *fields->treeRoot).value_or(0), ~quint64(0), 0);
    } else {
        quint64 area = kernel.value<quint64>(mm + *fields->first).value_or(0);
        while (area && areas.size() < maxMappings) {
            areas.append(area);
            area = kernel.value<quint64>(area + *fields->next).value_or(0);
        }
    }
    for (const quint64 area : areas) {
        const auto start = kernel.value<quint64>(area + fields->vmStart);
        const auto end = kernel.value<quint64>(area + fields->vmEnd);
        const quint64 file = kernel.value<quint64>(area + fields->vmFile).value_or(0);
        if (!start || !end || *start >= *end || !kernel.isKernelAddress(file))
            continue;
        const quint64 pages = kernel.value<quint64>(area + fields->vmOffset).value_or(0);
        memory.files.append({*start, *end, pages << pageShift, pathOf(kernel, *fields, file)});
    }
    return memory;
}

} // namespace nitroscope::app
