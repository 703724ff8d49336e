// SPDX-License-Identifier: GPL-2.0-or-later
//
// See kernel_tasks.hpp. What is used holds from 4.9 on: thread_info is a part of task_struct, `stack`
// directly follows the state, the lowest word of a stack is STACK_END_MAGIC, and the first three tasks are
// swapper, process 1 and kthreadd with process ids 0, 1 and 2.
#include "app/session/kernel/kernel_tasks.hpp"

#include <cstring>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;
namespace {

constexpr quint64 maxBytes = 16384; // of a task_struct
constexpr quint64 nameBytes = 16, stackEndMagic = 0x57ac6e9d;
constexpr quint64 cacheLine = 64, mostThreadInfo = 32;
constexpr int maxSteps = 400'000; // through all lists that are tried

tl::unexpected<Error> unknown(const char *what) {
    return failure(u"no-layout"_s,
                   u"this kernel has no BTF and no debug information, and %1 could not be discovered "
                   "in its memory. Give the kernel's vmlinux."_s.arg(QLatin1String(what)));
}

bool isName(QByteArrayView text) {
    const qsizetype length = qsizetype(qstrnlen(text.data(), size_t(text.size())));
    if (length == 0 || length >= qsizetype(nameBytes))
        return false;
    for (const char letter : text.first(length))
        if (letter < 32 || letter > 126)
            return false;
    return true;
}

template <class T>
T at(QByteArrayView bytes, quint64 offset) {
    T value;
    std::memcpy(&value, bytes.data() + offset, sizeof value);
    return value;
}

// Places of the name of the first task: in the file it is "swapper" with zeros behind, in RAM "swapper/0"
// once the scheduler runs.
QVector<quint64> swapperNames(const RunningKernel &kernel) {
    constexpr qsizetype most = 64;
    QVector<quint64> places;
    if (!kernel.image())
        return places;
    const symbols::ElfImage &elf = kernel.image()->elf();
    static const QByteArray wanted("swapper\0\0\0\0\0\0\0\0\0", nameBytes);
    for (qsizetype offset = 0; (offset = elf.bytes().indexOf(wanted, offset)) >= 0 && places.size() < most;
         ++offset)
        if (const auto linked = elf.addressOf(quint64(offset))) {
            const QByteArray now = kernel.text(*linked + kernel.slide(), nameBytes);
            if (now == "swapper" || now == "swapper/0")
                places.append(*linked + kernel.slide());
        }
    return places;
}

// Tasks in the order of the list when `link` is the offset of the list's node from the name; empty when it
// does not lead through names back to the start.
QVector<quint64> listOf(const RunningKernel &kernel, quint64 firstName, qint64 link, int &steps) {
    QVector<quint64> names;
    quint64 name = firstName;
    for (; steps < maxSteps; ++steps) {
        names.append(name);
        const auto next = kernel.value<quint64>(name + quint64(link));
        if (!next || !kernel.isKernelAddress(*next) || *next % 8 != 0)
            return {};
        // A list leads back, too.
        const auto back = kernel.value<quint64>(*next + 8);
        if (!back || *back != name + quint64(link))
            return {};
        name = *next - quint64(link);
        if (name == firstName)
            return names;
        if (!isName(kernel.bytes(name, nameBytes)))
            return {};
    }
    return {};
}

} // namespace

Result<TaskLayout> discoverTasks(const RunningKernel &kernel) {
    if (!kernel.mapped())
        return failure(u"no-layout"_s, u"the kernel's page tables are not known."_s);
    int steps = 0;
    for (const quint64 firstName : swapperNames(kernel)) {
        // The whole list of tasks has kthreadd as third; other lists through tasks are shorter or in another
        // order.
        QVector<qint64> links;
        QVector<quint64> names;
        for (qint64 link = -qint64(maxBytes) / 2; link < 0; link += 8) {
            const QVector<quint64> found = listOf(kernel, firstName, link, steps);
            if (found.size() >= 3 && kernel.text(found[2], nameBytes) == "kthreadd") {
                links.append(link);
                if (found.size() > names.size())
                    names = found;
            }
        }
        if (links.size() != 1)
            continue;
        // The bytes before the names of the first three: the start of a task_struct is not known yet.
        const quint64 before = quint64(-links[0]) + 4096;
        QVector<QByteArray> structs;
        for (int i = 0; i < 3; ++i)
            structs.append(kernel.bytes(names[i] - before, before));
        if (structs[0].isEmpty() || structs[1].isEmpty() || structs[2].isEmpty())
            continue;
        // Process id and thread group id stand side by side.
        QVector<quint64> pids, stacks;
        for (quint64 offset = 0; offset + 8 <= before; offset += 4) {
            bool isPid = true;
            for (int i = 0; i < 3; ++i)
                isPid =
                    isPid && at<qint32>(structs[i], offset) == i && at<qint32>(structs[i], offset + 4) == i;
            if (isPid)
                pids.append(offset);
            if (offset % 8 != 0)
                continue;
            bool isStack = true;
            for (int i = 0; i < 3 && isStack; ++i) {
                const auto stack = at<quint64>(structs[i], offset);
                isStack = kernel.isKernelAddress(stack) && stack % 4096 == 0 &&
                          kernel.value<quint64>(stack) == stackEndMagic;
            }
            if (isStack)
                stacks.append(offset);
        }
        if (pids.size() != 1)
            return unknown("the process ids");
        if (stacks.size() != 1)
            return unknown("the stacks");
        // Tasks are aligned to a cache line, and thread_info, which comes first, is shorter than one: so much
        // stands before the state in all of them.
        const quint64 stateAt = stacks[0] - 8;
        const quint64 threadInfo = (names[0] - before + stateAt) % cacheLine;
        bool isAligned = threadInfo <= mostThreadInfo;
        for (int i = 1; i < 3; ++i)
            isAligned = isAligned && (names[i] - before + stateAt) % cacheLine == threadInfo;
        if (!isAligned)
            return unknown("the start of a task");
        const quint64 start = stateAt - threadInfo;
        TaskLayout layout;
        layout.state = threadInfo;
        layout.stack = threadInfo + 8;
        layout.pid = pids[0] - start;
        layout.threadGroup = layout.pid + 4;
        layout.name = before - start;
        layout.tasks = layout.name + quint64(links[0]);
        layout.initTask = firstName - layout.name;
        layout.source = u"discovered in memory"_s;
        return layout;
    }
    return unknown("the list of tasks");
}

} // namespace nitroscope::app
