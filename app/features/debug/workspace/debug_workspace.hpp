// SPDX-License-Identifier: GPL-2.0-or-later
//
// The debugger as a part of the window: its panels, its commands, and what leads from one panel to another.
// The feature gives it a target when a run under the debugger begins.
#pragma once

#include "app/features/debug/breakpoints/image_breakpoints.hpp"
#include "app/frame/panel_entry.hpp"
#include "app/session/target/debug_target.hpp"
#include "app/ui/work/frame_limiter.hpp"

#include <memory>
#include <QPointer>
#include <vector>

class QAction;
class QMenu;
class QWidget;

namespace nitroscope::app {

class ActionRegistry;
class BreakpointsPanel;
class DebugPanel;
class DisassemblyPanel;
class HistoryPanel;
class KernelPanel;
class MemoryPanel;
class Panel;
class RegistersPanel;
class SourcePanel;
class StackPanel;
class ThreadsPanel;

class DebugWorkspace : public QObject {
    Q_OBJECT
public:
    // Registers the commands; the panels are made by makePanels().
    explicit DebugWorkspace(ActionRegistry &actions, QObject *parent = nullptr);
    ~DebugWorkspace() override;

    // Once; the window gives each a dock and thereby owns it.
    const std::vector<DebugPanel *> &makePanels();
    const std::vector<DebugPanel *> &panels() const { return m_panels; }
    std::vector<PanelEntry> panelEntries() const;
    QList<QAction *> menuActions() const; // nullptr: a separator
    QWidget *makeToolBar();

    void setTarget(DebugTarget *target);
    DebugTarget *target() const { return m_target; }
    bool isAttached() const { return m_target != nullptr; }
    // All visible panels show the present stop.
    bool isUpToDate() const;

    DisassemblyPanel &disassembly() { return *m_disassembly; }
    RegistersPanel &registers() { return *m_registers; }
    MemoryPanel &memory() { return *m_memory; }
    StackPanel &stack() { return *m_stack; }
    BreakpointsPanel &breakpoints() { return *m_breakpoints; }
    ImageBreakpoints &imageBreakpoints() { return m_imageBreakpoints; }
    ThreadsPanel &threads() { return *m_threads; }
    KernelPanel &kernel() { return *m_kernel; }
    SourcePanel &source() { return *m_source; }
    HistoryPanel &history() { return *m_history; }

    void showCode(quint64 address);
    void showMemory(quint64 address);
    // Of the recording; the answer is the history panel's.
    void ask(const HistoryQuestion &question);

signals:
    // A place of the recording.
    void instructionWanted(quint64 instruction);
    void raiseWanted(nitroscope::app::Panel &panel);
    // Why the machine stands still; empty when it does not.
    void stopReasonChanged(const QString &text);
    void problem(const nitroscope::app::Error &error);
    void attachedChanged();

private:
    void registerRunActions();
    void registerBackActions();
    void registerStageActions();
    void registerViewActions();
    void takeState();
    enum class Calls { into, over };
    void step();
    void stepLine(Calls calls);
    bool goesOnInLine(const DebugStop &stop);
    void takeStop(const DebugStop &stop);
    void updateActions();
    void updateBackActions();
    void updateStages();
    void setProgramCounter(quint64 address);
    void chooseDebugFile();
    void chooseSourceFolder();
    quint64 codeCursor() const;

    ActionRegistry &m_actions;
    static constexpr int maxWaitingSteps = 16;

    QPointer<DebugTarget> m_target;
    ImageBreakpoints m_imageBreakpoints;
    bool m_isStepping = false; // a step of ours is under way
    int m_waitingSteps = 0;    // asked for meanwhile
    struct LineStep {          // to the next line of source text
        SourcePlace from;
        Calls calls;
        int left; // instructions that it may take
    };
    std::optional<LineStep> m_lineStep;
    FrameLimiter m_limiter{[this] { takeState(); }};
    std::vector<DebugPanel *> m_panels;
    std::unique_ptr<QMenu> m_stages; // in the menu bar and on the toolbar
    DisassemblyPanel *m_disassembly = nullptr;
    RegistersPanel *m_registers = nullptr;
    MemoryPanel *m_memory = nullptr;
    StackPanel *m_stack = nullptr;
    BreakpointsPanel *m_breakpoints = nullptr;
    ThreadsPanel *m_threads = nullptr;
    KernelPanel *m_kernel = nullptr;
    SourcePanel *m_source = nullptr;
    HistoryPanel *m_history = nullptr;
};

} // namespace nitroscope::app
