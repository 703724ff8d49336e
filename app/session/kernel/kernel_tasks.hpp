// SPDX-License-Identifier: GPL-2.0-or-later
//
// The kernel's list of tasks, read from RAM: struct task_struct from init_task on (Linux,
// include/linux/sched.h). Where its fields are comes from BTF or DWARF; for kernels that have neither, it is
// discovered from what must hold of any kernel's tasks (see discoverTasks). Lists may change under the reader
// and may be hostile: every one has an end.
#pragma once

#include "app/session/kernel/running_kernel.hpp"
#include "app/session/target/debug_types.hpp"

namespace nitroscope::app {

// Offsets in bytes; what is optional is not needed to list tasks.
struct TaskLayout {
    quint64 tasks = 0, pid = 0, name = 0, stack = 0, state = 0;
    quint64 stateBytes = 4; // 8 before 5.14
    std::optional<quint64> threadGroup, parent, exitState, flags, mm, signal, threadNode, threadHead;
    std::optional<quint64> savedSp; // where a task that does not run has left its stack
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

// What a stopped vCPU tells of the task that it runs.
struct VcpuRegisters {
    int cpu = 0; // from 0
    quint64 stackPointer = 0;
    quint64 perCpu = 0; // where the kernel's data of this vCPU is
};
// The task that a stopped vCPU runs, for kernels that do not say where `current` is: the one whose stack it
// is on, else the one whose address and stack's top stand close together in the vCPU's per-CPU data (struct
// pcpu_hot of 6.2 to 6.14). One of them alone proves nothing: old stacks are full of them. Nothing when that
// is none or several tasks, and for idle tasks, which are in no list.
std::optional<quint64> currentTaskOf(const RunningKernel &kernel, const QVector<KernelTask> &tasks,
                                     const VcpuRegisters &vcpu);

// As ps shows it. `state` and `exitState` are the kernel's bits (include/linux/sched.h).
QString taskStateLetter(quint64 state, quint64 exitState);

} // namespace nitroscope::app
