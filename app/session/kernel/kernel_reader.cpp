// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/session/kernel/kernel_reader.hpp"

#include "app/session/kernel/printk_ring.hpp"

#include <algorithm>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;

Result<const RunningKernel *> KernelReader::kernel(std::optional<guest::AddressTranslation> vcpu) {
    // Until the kernel has its tables and, when nothing else describes it, its page of facts, look again.
    const bool isWhole = m_kernel && m_kernel->isStillThere() && m_kernel->mapped() &&
                         (m_kernel->vmcoreInfo() || m_kernel->layouts());
    if (!isWhole) {
        auto found = RunningKernel::find(m_memory, m_image, vcpu);
        if (!found) {
            forget();
            return tl::unexpected(found.error());
        }
        if (!m_kernel || m_kernel->slide() != found->slide())
            m_tasks.reset();
        m_kernel.emplace(*std::move(found));
    }
    return &*m_kernel;
}

Result<TaskLayout> KernelReader::tasks() {
    if (m_tasks)
        return *m_tasks;
    const auto found = kernel();
    if (!found)
        return tl::unexpected(found.error());
    auto layout = taskLayout(**found);
    if (layout)
        m_tasks = *layout;
    return layout;
}

KernelView KernelReader::read(std::optional<guest::AddressTranslation> vcpu,
                              std::optional<VcpuRegisters> registers) {
    KernelView view;
    const auto found = kernel(vcpu);
    if (!found) {
        const QString reason = found.error().message;
        view.tasks.unavailable = view.log.unavailable = view.modules.unavailable = reason;
        return view;
    }
    const RunningKernel &running = **found;
    view.release = running.release();
    view.slide = running.slide();
    view.isSlideKnown = true;
    view.log = readKernelLog(running);
    view.modules = readModules(running);
    if (const auto layout = tasks())
        view.tasks = readTasks(running, *layout);
    else
        view.tasks.unavailable = u"The tasks are not available, because "_s + layout.error().message;
    if (registers && std::none_of(view.tasks.rows.cbegin(), view.tasks.rows.cend(),
                                  [&](const KernelTask &task) { return task.cpu == registers->cpu; }))
        if (const auto current = currentTaskOf(running, view.tasks.rows, *registers))
            for (KernelTask &task : view.tasks.rows)
                if (task.taskAddress == *current)
                    task.cpu = registers->cpu;
    return view;
}

} // namespace nitroscope::app
