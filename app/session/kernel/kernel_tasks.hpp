// SPDX-License-Identifier: GPL-2.0-or-later
//
// The kernel's list of tasks, read from RAM: struct task_struct from init_task on (Linux,
// include/linux/sched.h). Where its fields are comes from BTF or DWARF; for kernels that have neither, it is
// discovered from what must hold of any kernel's tasks (see discoverTasks). Lists may change under the reader
// and may be hostile: every one has an end.
#pragma once

#include "app/session/debug/debug_types.hpp"
#include "app/session/kernel/running_kernel.hpp"

namespace nitroscope::app {

// Offsets in bytes; what is optional is not needed to list tasks.
struct TaskLayout {
    quint64 tasks = 0, pid = 0, name = 0, stack = 0, state = 0;
    quint64 stateBytes = 4; // 8 before 5.14
    std::optional<quint64> threadGroup, parent, exitState, flags, mm, signal, threadNode, threadHead;
    std::optional<quint64> savedSp; // thread.sp: where a task that does not run has left its stack
    quint64 initTask = 0;           // address
    QString source;
};

// Nothing, with a reason, when the fields are not known.
Result<TaskLayout> taskLayout(const RunningKernel &kernel);
// From RAM and the kernel's image alone, without types and data symbols: init_task is found by its name, the
// list by a pointer that leads through tasks with names back to it, process ids by the values 0, 1 and 2 of
// swapper, init and kthreadd, the stack by the mark at its end. Whatever is not found exactly once is an
// error.
Result<TaskLayout> discoverTasks(const RunningKernel &kernel);

KernelList<KernelTask> readTasks(const RunningKernel &kernel, const TaskLayout &layout);

// Addresses of the tasks that run now, by vCPU; empty when the kernel's per-CPU data is not known.
QVector<quint64> currentTasks(const RunningKernel &kernel);

// As ps shows it. `state` and `exitState` are the kernel's bits (include/linux/sched.h).
QString taskStateLetter(quint64 state, quint64 exitState);

} // namespace nitroscope::app
