// SPDX-License-Identifier: GPL-2.0-or-later
//
// The debugger's commands and menus.
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
#include "app/features/debug/workspace/debug_workspace.hpp"
#include "app/ui/actions/action_registry.hpp"
#include "app/ui/bytes/hex_view.hpp"
#include "app/ui/dialogs/file_dialogs.hpp"

#include <QClipboard>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QMenu>
#include <QTableView>
#include <QToolButton>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;
using K = QKeySequence;

namespace {

struct Stage {
    BootPoint point;
    const char *id, *text, *key, *help;
};
// In the order in which a boot passes them.
constexpr Stage stages[] = {
    {BootPoint::reset, "reset", "&Reset Vector", "R", "the first instruction after reset"},
    {BootPoint::firmwareEntry, "firmware", "&Firmware Entry", "F", "the firmware's first 64-bit instruction"},
    {BootPoint::kernelEntry, "kernel", "&Kernel Entry", "K", "the entry of the kernel's decompressor"},
    {BootPoint::kernelUnpacked, "unpacked", "Kernel &Unpacked", "U", "the jump out of the decompressor"},
    {BootPoint::startKernel, "startKernel", "&start_kernel", "S", "the kernel's first C function"},
    {BootPoint::initcallLevel, "initcall", "&Next Initcall Level", "C", "the next level of initcalls"},
    {BootPoint::initFirst, "init", "&Init's First Instruction", "I", "the first instruction in user space"},
    {BootPoint::applicationFirst, "application", "&Application's First Instruction", "A",
     "the first instruction of the program in the second ramdisk"},
    {BootPoint::nsmRequest, "nsm", "Next NS&M Request", "M", "the next request to the security module"},
    {BootPoint::vsockPacket, "vsock", "Next &vsock Packet", "V", "the next packet on the vsock"},
};

QString stageId(const Stage &stage) {
    return u"debug.until."_s + QLatin1String(stage.id);
}

} // namespace

void DebugWorkspace::registerRunActions() {
    const auto run = [this](void (DebugTarget::*slot)()) {
        return [this, slot] {
            if (m_target)
                (m_target->*slot)();
        };
    };
    m_actions.add({u"debug.step"_s, u"Step &Into"_s, K(u"F7"_s), u"step-into"_s,
                   u"Execute one instruction; into a function when it is a call"_s},
                  [this] { step(); });
    m_actions.add({u"debug.stepOver"_s, u"Step &Over"_s, K(u"F10"_s), u"step-over"_s,
                   u"Execute one instruction; a call to its return"_s},
                  run(&DebugTarget::stepOver));
    m_actions.add({u"debug.stepOut"_s, u"Step O&ut"_s, K(u"Shift+F7"_s), u"step-out"_s,
                   u"Run until the current function has returned"_s},
                  run(&DebugTarget::stepOut));
    m_actions.add({u"debug.stepLine"_s, u"Step Over Source Line"_s, K(u"Ctrl+F7"_s), u"step-over"_s,
                   u"Execute until another source line is reached; calls to their return"_s},
                  [this] { stepLine(Calls::over); });
    m_actions.add({u"debug.stepIntoLine"_s, u"Step Into Source Line"_s, K(u"Ctrl+Shift+F7"_s), u"step-into"_s,
                   u"Execute until another source line is reached, in functions that are called, too"_s},
                  [this] { stepLine(Calls::into); });
    m_actions.add({u"debug.runToCursor"_s, u"Run to &Cursor"_s, K(u"Ctrl+F10"_s), u"run-to"_s,
                   u"Run until the instruction under the cursor of the disassembly"_s},
                  [this] {
                      if (m_target)
                          m_target->runTo(codeCursor());
                  });
    m_actions.add(
        {u"debug.setCounter"_s,
         u"Continue from Cursor"_s,
         K(u"Ctrl+Alt+P"_s),
         {},
         u"Make the instruction under the cursor the next one, without executing what is between"_s},
        [this] { setProgramCounter(codeCursor()); });
    m_actions.add({u"debug.copyBacktrace"_s,
                   u"Copy Backtrace"_s,
                   K(u"Ctrl+Alt+K"_s),
                   {},
                   u"Copy all frames of the current CPU as text"_s},
                  [this] { QGuiApplication::clipboard()->setText(m_threads->backtraceText()); });
    m_actions.add({u"debug.toggleBreakpoint"_s, u"Toggle &Breakpoint"_s, K(u"F9"_s), u"breakpoint"_s,
                   u"Set or remove a breakpoint on the instruction or source line under the cursor"_s},
                  [this] {
                      if (m_source->hasCursor())
                          m_source->toggleBreakpoint();
                      else
                          m_breakpoints->toggleAt(codeCursor());
                  });
    m_actions.add({u"debug.addBreakpoint"_s, u"&New Breakpoint…"_s, K(u"Ctrl+B"_s), u"breakpoint"_s,
                   u"Stop at a symbol, an address or an access to memory"_s},
                  [this] { m_breakpoints->addNew(); });
    m_actions.add({u"debug.watchMemory"_s,
                   u"&Watch Selected Memory…"_s,
                   K(u"Ctrl+Shift+B"_s),
                   {},
                   u"Stop when the memory selected in the memory panel is written"_s},
                  [this] {
                      const auto chosen = m_memory->hexView().selection();
                      if (chosen.isEmpty())
                          m_breakpoints->watch(m_memory->hexView().cursor(), 1);
                      else
                          m_breakpoints->watch(chosen.offset, chosen.length);
                  });
    m_actions.add({u"debug.editBreakpoint"_s,
                   u"&Edit Breakpoint…"_s,
                   K(u"Ctrl+Alt+E"_s),
                   {},
                   u"Change the breakpoint selected in the breakpoints panel"_s},
                  [this] { m_breakpoints->editCurrent(); });
    m_actions.add({u"debug.removeBreakpoint"_s, u"Re&move Breakpoints"_s, K(u"Ctrl+Shift+Del"_s), u"clear"_s,
                   u"Remove the breakpoints selected in the breakpoints panel"_s},
                  [this] { m_breakpoints->removeSelected(); });
}

void DebugWorkspace::registerStageActions() {
    for (const Stage &stage : stages)
        m_actions.add({stageId(stage),
                       QLatin1String(stage.text),
                       K(u"Ctrl+U, %1"_s.arg(QLatin1String(stage.key))),
                       {},
                       u"Run until "_s + QLatin1String(stage.help),
                       u"Run until: "_s + QString::fromLatin1(stage.text).remove(QLatin1Char('&'))},
                      [this, point = stage.point] {
                          if (m_target)
                              m_target->runToBootPoint(point);
                      });
    m_stages = std::make_unique<QMenu>(u"Run Un&til"_s);
    for (const Stage &stage : stages)
        m_stages->addAction(m_actions.find(stageId(stage)));
}

void DebugWorkspace::registerViewActions() {
    m_actions.add({u"debug.goToCode"_s, u"&Go to Code…"_s, K(u"Ctrl+Shift+G"_s), u"find"_s,
                   u"Show the code at a symbol, an address or an expression"_s},
                  [this] {
                      emit raiseWanted(*m_disassembly);
                      m_disassembly->focusPlace();
                  });
    m_actions.add({u"debug.goToMemory"_s,
                   u"Go to &Memory…"_s,
                   K(u"Ctrl+Alt+G"_s),
                   {},
                   u"Show the memory at a symbol, an address or an expression"_s},
                  [this] {
                      emit raiseWanted(*m_memory);
                      m_memory->focusPlace();
                  });
    m_actions.add({u"debug.showCurrent"_s, u"Show C&urrent Instruction"_s, K(u"Ctrl+."_s), u"current"_s,
                   u"Back to where the machine stands"_s},
                  [this] {
                      emit raiseWanted(*m_disassembly);
                      m_disassembly->showCurrentInstruction();
                  });
    m_actions.add({u"debug.follow"_s,
                   u"&Follow"_s,
                   K(u"Ctrl+Return"_s),
                   {},
                   u"Go where the instruction under the cursor leads"_s},
                  [this] { m_disassembly->follow(); });
    m_actions.add(
        {u"debug.back"_s, u"&Back"_s, K(u"Alt+Left"_s), u"back"_s, u"Back to the code looked at before"_s},
        [this] { m_disassembly->goBack(); });
    m_actions.add({u"debug.forward"_s, u"For&ward"_s, K(u"Alt+Right"_s), u"forward"_s,
                   u"Forward again to the code looked at"_s},
                  [this] { m_disassembly->goForward(); });
    m_actions.add({u"debug.showInMemory"_s,
                   u"Show in M&emory"_s,
                   K(u"Ctrl+Shift+M"_s),
                   {},
                   u"Show the bytes of the instruction under the cursor"_s},
                  [this] { showMemory(codeCursor()); });
    m_actions.add({u"debug.writeMemory"_s,
                   u"&Write Memory…"_s,
                   K(u"Ctrl+Alt+W"_s),
                   {},
                   u"Write bytes at the cursor of the memory panel"_s},
                  [this] {
                      emit raiseWanted(*m_memory);
                      m_memory->openWriting();
                  });
    m_actions.add({u"debug.saveMemory"_s, u"&Save Memory…"_s, K(u"Ctrl+Alt+S"_s), u"save"_s,
                   u"Save the bytes selected in the memory panel to a file"_s},
                  [this] { m_memory->saveToFile(); });
    const auto tick = [this](const QString &id, const QString &text, const QKeySequence &keys,
                             const QString &help, void (DisassemblyPanel::*slot)(bool)) {
        QAction *action = m_actions.add({id, text, keys, {}, help});
        action->setCheckable(true);
        action->setChecked(true);
        connect(action, &QAction::toggled, this, [this, slot](bool on) { (m_disassembly->*slot)(on); });
    };
    tick(u"debug.showBytes"_s, u"Instruction B&ytes"_s, K(u"Ctrl+Alt+Y"_s),
         u"Show the bytes of instructions in the disassembly"_s, &DisassemblyPanel::setShowsBytes);
    tick(u"debug.showSource"_s, u"Source &Lines"_s, K(u"Ctrl+Alt+L"_s),
         u"Show source places between instructions"_s, &DisassemblyPanel::setShowsSource);
    m_actions.add({u"debug.loadFile"_s, u"Load &Debug File…"_s, K(u"Ctrl+Alt+F"_s), u"open"_s,
                   u"Load DWARF for this kernel from a vmlinux"_s},
                  [this] { chooseDebugFile(); });
    m_actions.add({u"debug.addSources"_s, u"Add &Source Folder…"_s, K(u"Ctrl+Alt+O"_s), u"open"_s,
                   u"Say where the sources that DWARF names are"_s},
                  [this] { chooseSourceFolder(); });
}

// Code left, above memory; registers right, above the way that led here.
std::vector<PanelEntry> DebugWorkspace::panelEntries() const {
    const auto entry = [](Panel *panel, const QString &text, int number, Quarter quarter,
                          Tab tab = Tab::shown) {
        const bool isCode = quarter == Quarter::leftTop;
        return PanelEntry{panel,
                          text,
                          K(u"Ctrl+Alt+%1"_s.arg(number)),
                          {isCode ? Quarter::leftTop : Quarter::rightBottom, Tab::hidden},
                          {quarter, tab}};
    };
    return {entry(m_disassembly, u"&Disassembly"_s, 1, Quarter::leftTop),
            entry(m_registers, u"&Registers"_s, 2, Quarter::rightTop),
            entry(m_memory, u"&Memory"_s, 3, Quarter::leftBottom),
            entry(m_stack, u"&Stack"_s, 4, Quarter::leftBottom),
            entry(m_breakpoints, u"&Breakpoints"_s, 5, Quarter::rightBottom, Tab::last),
            entry(m_threads, u"&Threads and Backtrace"_s, 6, Quarter::rightBottom),
            entry(m_kernel, u"&Kernel"_s, 7, Quarter::rightBottom, Tab::last),
            entry(m_source, u"S&ource"_s, 8, Quarter::leftTop),
            entry(m_history, u"&History"_s, 9, Quarter::rightBottom, Tab::last)};
}

QList<QAction *> DebugWorkspace::menuActions() const {
    return m_actions.list({"enclave.runDebug", "debug.attach", "-", "debug.step", "debug.stepOver",
                           "debug.stepOut", "debug.stepLine", "debug.stepIntoLine", "debug.runToCursor",
                           "debug.setCounter"})
           << m_stages->menuAction()
           << m_actions.list({"-",
                              "debug.stepBack",
                              "debug.stepOverBack",
                              "debug.stepOutBack",
                              "debug.resumeBack",
                              "debug.runBackToCursor",
                              "debug.runBackToStage",
                              "-",
                              "debug.whoWrote",
                              "debug.whoReads",
                              "debug.everyRun",
                              "-",
                              "debug.toggleBreakpoint",
                              "debug.addBreakpoint",
                              "debug.watchMemory",
                              "debug.editBreakpoint",
                              "debug.removeBreakpoint",
                              "-",
                              "debug.goToCode",
                              "debug.goToMemory",
                              "debug.showCurrent",
                              "debug.follow",
                              "debug.back",
                              "debug.forward",
                              "debug.showInMemory",
                              "debug.copyBacktrace",
                              "-",
                              "debug.writeMemory",
                              "debug.saveMemory",
                              "-",
                              "debug.showBytes",
                              "debug.showSource",
                              "-",
                              "debug.loadFile",
                              "debug.addSources"});
}

QWidget *DebugWorkspace::makeToolBar() {
    auto *bar = new QWidget;
    auto *layout = new QHBoxLayout(bar);
    layout->setContentsMargins({});
    layout->setSpacing(2);
    for (const char *id : {"debug.step", "debug.stepOver", "debug.stepOut", "debug.runToCursor",
                           "debug.stepBack", "debug.stepOverBack", "debug.stepOutBack", "debug.resumeBack"}) {
        auto *button = new QToolButton;
        button->setDefaultAction(m_actions.find(QLatin1String(id)));
        button->setToolButtonStyle(Qt::ToolButtonIconOnly);
        layout->addWidget(button);
    }
    auto *until = new QToolButton;
    until->setText(u" Run Until"_s);
    until->setIcon(m_actions.find(u"debug.runToCursor"_s)->icon());
    until->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    until->setPopupMode(QToolButton::InstantPopup);
    until->setMenu(m_stages.get());
    until->setToolTip(u"Run until a stage of the boot"_s);
    layout->addWidget(until);
    return bar;
}

void DebugWorkspace::updateActions() {
    const bool attached = m_target != nullptr;
    const bool stopped = attached && m_target->state() == DebugTarget::State::stopped;
    const bool steps = m_isStepping && attached && m_target->state() == DebugTarget::State::running;
    m_actions.find(u"debug.step"_s)->setEnabled(stopped || steps);
    for (const char *id : {"debug.setCounter", "debug.copyBacktrace", "debug.stepOver", "debug.stepOut",
                           "debug.stepLine", "debug.stepIntoLine", "debug.runToCursor", "debug.showCurrent"})
        m_actions.find(QLatin1String(id))->setEnabled(stopped);
    for (const char *id :
         {"debug.toggleBreakpoint", "debug.watchMemory", "debug.goToCode", "debug.goToMemory", "debug.follow",
          "debug.showInMemory", "debug.writeMemory", "debug.saveMemory", "debug.loadFile"})
        m_actions.find(QLatin1String(id))->setEnabled(attached);
    const bool chosen = m_breakpoints && m_breakpoints->table().selectionModel()->hasSelection();
    m_actions.find(u"debug.editBreakpoint"_s)->setEnabled(chosen);
    m_actions.find(u"debug.removeBreakpoint"_s)->setEnabled(chosen);
    m_actions.find(u"debug.back"_s)->setEnabled(attached && m_disassembly->canGoBack());
    m_actions.find(u"debug.forward"_s)->setEnabled(attached && m_disassembly->canGoForward());
    updateBackActions();
    updateStages();
}

// A stage that this EIF does not have says why.
void DebugWorkspace::updateStages() {
    const bool stopped = m_target && m_target->state() == DebugTarget::State::stopped;
    for (const Stage &stage : stages) {
        QAction *action = m_actions.find(stageId(stage));
        const QString why = m_target ? m_target->bootPointProblem(stage.point) : QString();
        action->setEnabled(stopped && why.isEmpty());
        action->setToolTip(why.isEmpty() ? action->statusTip() : why);
    }
    m_stages->setToolTipsVisible(true);
}

void DebugWorkspace::chooseDebugFile() {
    chooseFileToOpen(*m_disassembly->window(),
                     {u"Load Debug File"_s, {}, u"Kernels with DWARF (vmlinux*);;All files (*)"_s},
                     [workspace = QPointer(this)](const QString &path) {
                         if (workspace && workspace->m_target)
                             workspace->m_target->loadDebugFile(path);
                     });
}

void DebugWorkspace::chooseSourceFolder() {
    chooseFolder(*m_source->window(), u"Add Source Folder"_s,
                 [source = QPointer(m_source)](const QString &path) {
                     if (source)
                         source->addFolder(path);
                 });
}

} // namespace nitroscope::app
