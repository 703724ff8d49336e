// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/features/debug/workspace/debug_workspace.hpp"

#include "app/features/debug/breakpoints/breakpoints_panel.hpp"
#include "app/features/debug/code/disassembly_panel.hpp"
#include "app/features/debug/code/disassembly_view.hpp"
#include "app/features/debug/code/source_panel.hpp"
#include "app/features/debug/history/history_panel.hpp"
#include "app/features/debug/kernel/kernel_panel.hpp"
#include "app/features/debug/memory/memory_panel.hpp"
#include "app/features/debug/memory/stack_panel.hpp"
#include "app/features/debug/registers/registers_panel.hpp"
#include "app/features/debug/threads/threads_panel.hpp"

#include <algorithm>
#include <QAbstractItemView>
#include <QComboBox>
#include <QMenu>
#include <QTableView>

namespace nitroscope::app {

DebugWorkspace::DebugWorkspace(ActionRegistry &actions, QObject *parent)
    : QObject(parent), m_actions(actions) {
    registerRunActions();
    registerBackActions();
    registerStageActions();
    registerViewActions();
}

DebugWorkspace::~DebugWorkspace() = default;

const std::vector<DebugPanel *> &DebugWorkspace::makePanels() {
    m_disassembly = new DisassemblyPanel(m_actions);
    m_registers = new RegistersPanel;
    m_memory = new MemoryPanel;
    m_stack = new StackPanel;
    m_breakpoints = new BreakpointsPanel(m_actions);
    m_threads = new ThreadsPanel;
    m_kernel = new KernelPanel;
    m_source = new SourcePanel;
    m_history = new HistoryPanel;
    m_panels = {m_disassembly, m_registers, m_memory, m_stack,  m_breakpoints,
                m_threads,     m_kernel,    m_source, m_history};
    for (DebugPanel *panel : m_panels) {
        connect(panel, &DebugPanel::codeChosen, this, &DebugWorkspace::showCode);
        connect(panel, &DebugPanel::memoryChosen, this, &DebugWorkspace::showMemory);
        connect(panel, &DebugPanel::asked, this, &DebugWorkspace::ask);
        for (QComboBox *box : panel->findChildren<QComboBox *>())
            box->view()->setAccessibleName(box->accessibleName());
    }
    connect(m_disassembly, &DisassemblyPanel::breakpointToggled, m_breakpoints, &BreakpointsPanel::toggleAt);
    connect(m_history, &HistoryPanel::instructionChosen, this, &DebugWorkspace::instructionWanted);
    connect(m_disassembly, &DisassemblyPanel::historyChanged, this, &DebugWorkspace::updateActions);
    connect(m_breakpoints, &BreakpointsPanel::selectionChanged, this, &DebugWorkspace::updateActions);
    updateActions();
    return m_panels;
}

void DebugWorkspace::setTarget(DebugTarget *target) {
    if (m_target == target)
        return;
    if (m_target)
        m_target->disconnect(this);
    m_target = target;
    for (DebugPanel *panel : m_panels)
        panel->setTarget(target);
    if (target) {
        connect(target, &DebugTarget::stateChanged, this, &DebugWorkspace::updateActions);
        connect(target, &DebugTarget::stopped, this, [this] { m_limiter.request(); });
        connect(target, &DebugTarget::symbolsChanged, this, &DebugWorkspace::updateStages);
        connect(target, &DebugTarget::problem, this, &DebugWorkspace::problem);
        connect(target, &DebugTarget::detached, this, [this] { setTarget(nullptr); });
    }
    takeState();
    emit attachedChanged();
}

void DebugWorkspace::takeState() {
    const bool stopped = m_target && m_target->state() == DebugTarget::State::stopped && m_target->stop();
    emit stopReasonChanged(stopped ? m_target->stop()->text : QString());
    updateActions();
}

bool DebugWorkspace::isUpToDate() const {
    return !m_limiter.isPending() &&
           std::all_of(m_panels.begin(), m_panels.end(),
                       [](const DebugPanel *panel) { return !panel->isVisible() || panel->isUpToDate(); });
}

void DebugWorkspace::showCode(quint64 address) {
    emit raiseWanted(*m_disassembly);
    m_disassembly->goTo(address);
    m_source->showAddress(address);
}

void DebugWorkspace::showMemory(quint64 address) {
    emit raiseWanted(*m_memory);
    m_memory->setSpace(AddressSpace::guestVirtual);
    m_memory->goTo(address);
}

void DebugWorkspace::ask(const HistoryQuestion &question) {
    emit raiseWanted(*m_history);
    m_history->ask(question);
}

quint64 DebugWorkspace::codeCursor() const {
    return m_disassembly->view().cursor();
}

} // namespace nitroscope::app
