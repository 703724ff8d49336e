// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/session/kernel/kernel_tasks.hpp"

#include "app/core/output/visible_text.hpp"

#include <cstring>
#include <QHash>
#include <QSet>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;
namespace {

constexpr int maxTasks = 65536, mostCpus = 4096;
constexpr quint64 nameBytes = 16;            // TASK_COMM_LEN
constexpr quint64 kernelThread = 0x00200000; // PF_KTHREAD

class TaskReader {
public:
    TaskReader(const RunningKernel &kernel, const TaskLayout &layout) : m_kernel(kernel), m_layout(layout) {}

    std::optional<KernelTask> task(quint64 address) const {
        const auto pid = m_kernel.value<qint32>(address + m_layout.pid);
        if (!pid)
            return std::nullopt;
        KernelTask task;
        task.taskAddress = address;
        task.pid = *pid;
        task.name = visibleText(m_kernel.text(address + m_layout.name, nameBytes));
        task.stack = m_kernel.value<quint64>(address + m_layout.stack).value_or(0);
        const quint64 state = m_layout.stateBytes == 8
                                  ? m_kernel.value<quint64>(address + m_layout.state).value_or(0)
                                  : m_kernel.value<quint32>(address + m_layout.state).value_or(0);
        // A dead task that is still listed is one that its parent has not waited for.
        constexpr quint64 dead = 0x80, zombie = 0x20;
        const quint64 exitState = m_layout.exitState
                                      ? m_kernel.value<quint32>(address + *m_layout.exitState).value_or(0)
                                  : state & dead ? zombie
                                                 : 0;
        task.state = taskStateLetter(state, exitState);
        if (m_layout.parent)
            if (const auto parent = m_kernel.value<quint64>(address + *m_layout.parent))
                task.parent = m_kernel.value<qint32>(*parent + m_layout.pid);
        if (m_layout.flags)
            task.isKernelThread =
                m_kernel.value<quint32>(address + *m_layout.flags).value_or(0) & kernelThread;
        else if (m_layout.mm)
            task.isKernelThread = m_kernel.value<quint64>(address + *m_layout.mm).value_or(0) == 0;
        return task;
    }

    // Threads of one process besides its first.
    QVector<quint64> threads(quint64 leader) {
        QVector<quint64> found;
        if (!m_layout.signal || !m_layout.threadNode || !m_layout.threadHead)
            return found;
        const auto signal = m_kernel.value<quint64>(leader + *m_layout.signal);
        if (!signal)
            return found;
        const quint64 head = *signal + *m_layout.threadHead;
        quint64 node = m_kernel.value<quint64>(head).value_or(head);
        // All lists together have an end.
        for (; m_steps < maxTasks && node != head && m_kernel.isKernelAddress(node); ++m_steps) {
            const quint64 task = node - *m_layout.threadNode;
            if (task != leader)
                found.append(task);
            node = m_kernel.value<quint64>(node).value_or(head);
        }
        return found;
    }

private:
    const RunningKernel &m_kernel;
    const TaskLayout &m_layout;
    int m_steps = 0;
};

} // namespace

QString taskStateLetter(quint64 state, quint64 exitState) {
    constexpr quint64 report = 0x7f, noLoad = 0x400, uninterruptible = 2;
    static constexpr char letters[] = "RSDTtXZPI"; // task_index_to_char()
    if ((state & (uninterruptible | noLoad)) == (uninterruptible | noLoad))
        return u"I"_s;
    // fls(): the place of the highest bit.
    quint64 bits = (state | exitState) & report;
    int index = 0;
    for (; bits; bits >>= 1)
        ++index;
    return QString(QLatin1Char(letters[index]));
}

Result<TaskLayout> taskLayout(const RunningKernel &kernel) {
    const symbols::TypeLayouts *types = kernel.layouts().get();
    const auto initTask = kernel.address("init_task");
    if (!types || !initTask)
        return discoverTasks(kernel);
    TaskLayout layout;
    const auto offset = [types](const char *type, const char *path) -> std::optional<quint64> {
        const auto place = types->field(type, path);
        return place ? std::optional(place->offset) : std::nullopt;
    };
    const auto task = [&offset](const char *path) { return offset("task_struct", path); };
    auto state = types->field("task_struct", "__state"); // since 5.14
    if (!state)
        state = types->field("task_struct", "state");
    const auto tasks = task("tasks"), pid = task("pid"), name = task("comm"), stack = task("stack");
    if (!state || !tasks || !pid || !name || !stack)
        return failure(u"no-layout"_s, u"%1 does not describe task_struct."_s.arg(types->source()));
    layout.tasks = *tasks;
    layout.pid = *pid;
    layout.name = *name;
    layout.stack = *stack;
    layout.state = state->offset;
    layout.stateBytes = state->bytes == 8 ? 8 : 4;
    layout.threadGroup = task("tgid");
    layout.parent = task("real_parent");
    layout.exitState = task("exit_state");
    layout.flags = task("flags");
    layout.mm = task("mm");
    layout.signal = task("signal");
    layout.threadNode = task("thread_node");
    layout.threadHead = offset("signal_struct", "thread_head");
    layout.savedSp = task(kernel.rules().savedStackPointer);
    layout.initTask = *initTask;
    layout.source = types->source();
    return layout;
}

QVector<quint64> currentTasks(const RunningKernel &kernel) {
    QVector<quint64> tasks;
    const auto offsets = kernel.address("__per_cpu_offset");
    std::optional<quint64> current;
    for (const arch::CurrentTask &known : kernel.rules().currentTasks) {
        current = kernel.address(known.symbol);
        if (current && known.type) {
            const auto place =
                kernel.layouts() ? kernel.layouts()->field(known.type, known.field) : std::nullopt;
            current = place ? std::optional(*current + place->offset) : std::nullopt;
        }
        if (current)
            break;
    }
    if (!offsets || !current)
        return tasks;
    const auto countAt = kernel.address("nr_cpu_ids");
    const quint32 count = qMin<quint32>(countAt ? kernel.value<quint32>(*countAt).value_or(1) : 1, mostCpus);
    const auto onlineAt = kernel.address("__cpu_online_mask");
    for (quint32 cpu = 0; cpu < count; ++cpu) {
        const quint64 word = onlineAt ? kernel.value<quint64>(*onlineAt + cpu / 64 * 8).value_or(0) : ~0ull;
        const auto offset = kernel.value<quint64>(*offsets + 8 * quint64(cpu));
        const bool isOnline = word >> (cpu % 64) & 1 && offset && (*offset != 0 || count == 1);
        tasks.append(isOnline ? kernel.value<quint64>(*offset + *current).value_or(0) : 0);
    }
    return tasks;
}

std::optional<quint64> currentTaskOf(const RunningKernel &kernel, const QVector<KernelTask> &tasks,
                                     const VcpuRegisters &vcpu) {
    const quint64 stackBytes = kernel.rules().stackBytes;
    constexpr quint64 perCpuBytes = 512 << 10, page = 4096; // of which each CPU has so many at most
    constexpr qsizetype together = 64;                      // bytes, a cache line
    QHash<quint64, quint64> topOf;
    for (const KernelTask &task : tasks) {
        if (task.stack == 0)
            continue;
        if (vcpu.stackPointer - task.stack < stackBytes)
            return task.taskAddress;
        topOf.insert(task.taskAddress, task.stack + stackBytes);
    }
    if (!kernel.isKernelAddress(vcpu.perCpu) || vcpu.perCpu % 8 != 0)
        return std::nullopt;
    const auto wordAt = [](const QByteArray &bytes, qsizetype offset) {
        quint64 value = 0;
        std::memcpy(&value, bytes.constData() + offset, sizeof value);
        return value;
    };
    std::optional<quint64> found;
    for (quint64 at = 0; at < perCpuBytes; at += page) {
        const QByteArray bytes = kernel.bytes(vcpu.perCpu + at, page);
        for (qsizetype word = 0; word + together <= bytes.size(); word += 8) {
            const auto top = topOf.constFind(wordAt(bytes, word));
            if (top == topOf.cend())
                continue;
            bool isThere = false;
            for (qsizetype next = 8; next < together; next += 8)
                isThere = isThere || wordAt(bytes, word + next) == *top;
            if (!isThere)
                continue;
            if (found && *found != top.key())
                return std::nullopt;
            found = top.key();
        }
        if (bytes.isEmpty())
            break;
    }
    return found;
}

KernelList<KernelTask> readTasks(const RunningKernel &kernel, const TaskLayout &layout) {
    KernelList<KernelTask> list;
    list.source = layout.source;
    TaskReader reader(kernel, layout);
    QHash<quint64, int> cpuOf;
    const QVector<quint64> current = currentTasks(kernel);
    for (qsizetype cpu = 0; cpu < current.size(); ++cpu)
        if (current[cpu])
            cpuOf.insert(current[cpu], int(cpu));
    QSet<quint64> seen;
    const auto add = [&](quint64 address) {
        if (seen.contains(address) || list.rows.size() >= maxTasks)
            return false;
        seen.insert(address);
        if (auto task = reader.task(address)) {
            if (const auto cpu = cpuOf.constFind(address); cpu != cpuOf.cend())
                task->cpu = *cpu;
            list.rows.append(*task);
        }
        return true;
    };
    quint64 address = layout.initTask;
    bool isComplete = false;
    while (add(address)) {
        for (const quint64 thread : reader.threads(address))
            add(thread);
        const auto next = kernel.value<quint64>(address + layout.tasks);
        if (!next || !kernel.isKernelAddress(*next))
            break;
        address = *next - layout.tasks;
        isComplete = address == layout.initTask;
    }
    // The other processors' idle tasks are in no list.
    for (const quint64 task : current)
        if (task)
            add(task);
    if (!isComplete && list.rows.size() <= 1) {
        list.rows.clear();
        list.unavailable = u"The tasks are not available, because the kernel's list of tasks has not been "
                           "set up yet or cannot be read."_s;
    }
    return list;
}

} // namespace nitroscope::app
