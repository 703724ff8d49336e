// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/features/debug/workspace/debug_workspace.hpp"

#include "app/features/debug/breakpoints/breakpoints_panel.hpp"
#include "app/features/debug/code/disassembly_panel.hpp"
#include "app/features/debug/code/disassembly_view.hpp"
#include "app/features/debug/history/history_panel.hpp"
#include "app/features/debug/kernel/kernel_panel.hpp"
#include "app/features/debug/memory/memory_panel.hpp"
#include "app/features/debug/memory/stack_panel.hpp"
#include "app/features/debug/registers/registers_panel.hpp"
#include "app/features/debug/source/source_panel.hpp"
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
    m_breakpoints = new BreakpointsPanel(m_actions, m_imageBreakpoints);
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
        connect(panel, &DebugPanel::problem, this, &DebugWorkspace::problem);
        for (QComboBox *box : panel->findChildren<QComboBox *>())
            box->view()->setAccessibleName(box->accessibleName());
    }
    connect(m_disassembly, &DisassemblyPanel::breakpointToggled, m_breakpoints, &BreakpointsPanel::toggleAt);
    connect(m_source, &SourcePanel::breakpointToggled, m_breakpoints, &BreakpointsPanel::toggleAt);
    connect(m_history, &HistoryPanel::instructionChosen, this, &DebugWorkspace::instructionWanted);
    connect(m_disassembly, &DisassemblyPanel::historyChanged, this, &DebugWorkspace::updateActions);
    connect(m_breakpoints, &BreakpointsPanel::selectionChanged, this, &DebugWorkspace::updateActions);
    connect(&m_imageBreakpoints, &ImageBreakpoints::problem, this, &DebugWorkspace::problem);
    updateActions();
    return m_panels;
}

void DebugWorkspace::setTarget(DebugTarget *target) {
    if (m_target == target)
        return;
    if (m_target)
        m_target->disconnect(this);
    m_target = target;
    m_isStepping = false;
    m_waitingSteps = 0;
    m_lineStep.reset();
    for (DebugPanel *panel : m_panels)
        panel->setTarget(target);
    if (target) {
        connect(target, &DebugTarget::stateChanged, this, &DebugWorkspace::updateActions);
        connect(target, &DebugTarget::stopped, this, &DebugWorkspace::takeStop);
        connect(target, &DebugTarget::symbolsChanged, this, &DebugWorkspace::updateStages);
        connect(target, &DebugTarget::problem, this, &DebugWorkspace::problem);
        connect(target, &DebugTarget::detached, this, [this] { setTarget(nullptr); });
    }
    m_imageBreakpoints.attach(target);
    takeState();
    emit attachedChanged();
}

// A key that is held down comes faster than the machine steps: a few of its presses wait.
void DebugWorkspace::step() {
    if (!m_target)
        return;
    if (m_isStepping && m_target->state() == DebugTarget::State::running) {
        m_waitingSteps = std::min(m_waitingSteps + 1, maxWaitingSteps);
        return;
    }
    m_isStepping = true;
    m_lineStep.reset();
    m_target->step();
}

void DebugWorkspace::stepLine(Calls calls) {
    constexpr int maxInstructions = 10'000; // of a line that loops
    if (!m_target || !m_target->stop())
        return;
    const QVector<SourcePlace> here = m_target->symbols()->source(m_target->stop()->pc);
    m_isStepping = false;
    m_lineStep.reset();
    if (!here.isEmpty())
        m_lineStep = LineStep{here.first(), calls, maxInstructions};
    if (calls == Calls::over)
        m_target->stepOver();
    else
        m_target->step();
}

// Still in the line that is stepped over, or in code of which no source is known: goes on, and says so.
bool DebugWorkspace::goesOnInLine(const DebugStop &stop) {
    if (!m_lineStep || stop.why != DebugStop::Why::step || m_lineStep->left-- <= 0) {
        m_lineStep.reset();
        return false;
    }
    const QVector<SourcePlace> here = m_target->symbols()->source(stop.pc);
    const bool isUnknown = here.isEmpty() || here.first().line == 0;
    if (!isUnknown &&
        (here.first().file != m_lineStep->from.file || here.first().line != m_lineStep->from.line)) {
        m_lineStep.reset();
        return false;
    }
    const auto onwards = isUnknown ? &DebugTarget::stepOut // whoever called has source text
                         : m_lineStep->calls == Calls::over ? &DebugTarget::stepOver
                                                            : &DebugTarget::step;
    QMetaObject::invokeMethod(
        this,
        [this, onwards, generation = stop.generation] {
            if (m_target && m_target->stop() && m_target->stop()->generation == generation)
                (m_target->*onwards)();
        },
        Qt::QueuedConnection);
    return true;
}

void DebugWorkspace::takeStop(const DebugStop &stop) {
    m_limiter.request();
    if (goesOnInLine(stop))
        return;
    const bool goesOn = m_isStepping && stop.why == DebugStop::Why::step && m_waitingSteps > 0;
    m_waitingSteps = goesOn ? m_waitingSteps - 1 : 0; // what stops for another reason is looked at first
    m_isStepping = goesOn;
    if (!goesOn)
        return;
    // Not from within the target's report.
    QMetaObject::invokeMethod(
        this,
        [this, generation = stop.generation] {
            if (m_target && m_target->stop() && m_target->stop()->generation == generation)
                m_target->step();
        },
        Qt::QueuedConnection);
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

// Within its segment, as the CPU has it.
void DebugWorkspace::setProgramCounter(quint64 address) {
    if (!m_target || !m_target->stop())
        return;
    const arch::RegisterTable &registers = m_target->architecture().registers;
    const quint64 within = address - m_target->stop()->segment.base;
    QByteArray value(registers.bytes(registers.programCounter), '\0');
    for (qsizetype i = 0; i < value.size(); ++i)
        value[i] = static_cast<char>(within >> (8 * i));
    m_target->writeRegister(m_target->currentThread(), registers.programCounter, value);
}

void DebugWorkspace::ask(const HistoryQuestion &question) {
    emit raiseWanted(*m_history);
    m_history->ask(question);
}

quint64 DebugWorkspace::codeCursor() const {
    return m_disassembly->view().cursor();
}

} // namespace nitroscope::app
