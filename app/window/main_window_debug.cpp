// SPDX-License-Identifier: GPL-2.0-or-later
//
// The debugger in the window: its docks, the two arrangements of the window and how one changes to the other,
// a run under the debugger.
#include "app/window/main_window.hpp"

#include "app/features/debug/base/debug_panel.hpp"
#include "app/features/debug/code/disassembly_panel.hpp"
#include "app/features/debug/workspace/debug_workspace.hpp"
#include "app/ui/panel/panel_dock.hpp"

#include <QMenuBar>
#include <QStatusBar>
#include <QToolBar>
#include <QVariant>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;

namespace {

// Where each arrangement is kept while the other is shown; in parentheses, so that it is not listed.
QString storedName(MainWindow::Perspective perspective) {
    return perspective == MainWindow::Perspective::debug ? u"(debug)"_s : u"(workbench)"_s;
}

} // namespace

void MainWindow::registerDebugActions() {
    using K = QKeySequence;
    m_actions.add({u"enclave.runDebug"_s, u"Run under &Debugger"_s, K(u"Ctrl+F5"_s), u"debug"_s,
                   u"Start the enclave and stop before its first instruction"_s},
                  [this] {
                      m_runsDebugger = true;
                      run();
                  });
    m_actions.add({u"view.layout.workbench"_s,
                   u"&Workbench"_s,
                   K(u"Ctrl+Shift+W"_s),
                   {},
                   u"The arrangement for running enclaves"_s,
                   u"Workbench Layout"_s},
                  [this] { usePerspective(Perspective::workbench); });
    m_actions.add({u"view.layout.debug"_s,
                   u"&Debug"_s,
                   K(u"Ctrl+Shift+D"_s),
                   {},
                   u"The arrangement for debugging"_s,
                   u"Debug Layout"_s},
                  [this] { usePerspective(Perspective::debug); });
    m_debug = new DebugWorkspace(m_actions, this);
}

void MainWindow::buildDebugDocks() {
    for (DebugPanel *panel : m_debug->makePanels())
        addDock(panel);
    connect(m_debug, &DebugWorkspace::raiseWanted, this, [this](Panel &panel) { raisePanel(panel); });
    connect(m_debug, &DebugWorkspace::problem, this, [this](const Error &error) {
        statusBar()->showMessage(error.text(), 10'000);
        say(LogLevel::warning, error.text());
    });
    connect(m_debug, &DebugWorkspace::stopReasonChanged, this, [this](const QString &text) {
        m_pauseReason = text;
        if (!text.isEmpty() && m_session.state() == EnclaveSession::State::paused)
            sessionStateChanged(EnclaveSession::State::paused);
    });
    connect(m_debug, &DebugWorkspace::attachedChanged, this, [this] {
        if (m_debug->isAttached())
            usePerspective(Perspective::debug);
        if (m_debugBar)
            m_debugBar->setVisible(m_debug->isAttached());
        updateActions();
    });
}

void MainWindow::connectDebugger() {
    connect(&m_session, &EnclaveSession::debuggerReady, this, [this] {
        if (DebugTarget *target = m_session.debugTarget()) {
            m_debug->setTarget(target);
            m_debug->disassembly().setFocus();
        }
    });
    connect(&m_session, &EnclaveSession::ended, this, [this] { m_debug->setTarget(nullptr); });
}

void MainWindow::buildDebugMenu() {
    m_debug->fillMenu(*menuBar()->addMenu(u"&Debug"_s));
}

void MainWindow::buildDebugBar(QToolBar &bar) {
    m_debugBar = bar.addWidget(m_debug->makeToolBar());
    m_debugBar->setVisible(false);
}

// While the debugger is attached, run control goes through its target: the gdbstub must not be surprised.
void MainWindow::pauseGuest() {
    if (m_debug->isAttached())
        m_debug->target()->interrupt();
    else
        m_session.pause();
}

void MainWindow::resumeGuest() {
    if (m_debug->isAttached())
        m_debug->target()->resume();
    else
        m_session.resume();
}

MainWindow::Perspective MainWindow::perspective() const {
    const PanelDock *disassembly = dock("disassembly");
    return disassembly && !disassembly->isHidden() ? Perspective::debug : Perspective::workbench;
}

void MainWindow::usePerspective(Perspective wanted) {
    const Perspective now = perspective();
    if (now == wanted)
        return;
    m_layouts.put(currentLayout(storedName(now)));
    const WindowLayout *stored = m_layouts.find(storedName(wanted));
    // The window's own size and place are not part of it.
    if (!stored || !m_area->restoreState(stored->docks, LayoutStore::version)) {
        resetTo(wanted);
        return;
    }
    placeNewDocks();
    for (PanelDock *each : m_docks)
        each->panel().restoreViewState(stored->panels[each->panel().id()].toObject());
    if (perspective() != wanted)
        resetTo(wanted);
    scheduleTitleBars();
}

void MainWindow::resetTo(Perspective wanted) {
    if (wanted == Perspective::debug)
        arrangeDebug();
    else
        arrangeDefault();
    scheduleTitleBars();
}

// Hidden, and placed where each appears sensibly when somebody wants it beside the others.
void MainWindow::placeDebugDocks() {
    for (DebugPanel *panel : m_debug->panels()) {
        PanelDock *each = dock(qPrintable(panel->id()));
        const bool isCode = panel->id() == u"disassembly"_s || panel->id() == u"source"_s;
        m_area->tabifyDockWidget(dock(isCode ? "eif" : "pcrs"), each);
        each->hide();
    }
}

// Left: code above memory. Right: registers above the way that led here.
void MainWindow::arrangeDebug() {
    for (PanelDock *each : m_docks) {
        each->setFloating(false);
        m_area->removeDockWidget(each);
        m_area->addDockWidget(Qt::LeftDockWidgetArea, each);
    }
    const auto show = [this](std::initializer_list<const char *> ids) {
        for (const char *id : ids)
            dock(id)->show();
    };
    m_area->splitDockWidget(dock("disassembly"), dock("registers"), Qt::Horizontal);
    m_area->splitDockWidget(dock("disassembly"), dock("memory"), Qt::Vertical);
    m_area->splitDockWidget(dock("registers"), dock("threads"), Qt::Vertical);
    m_area->tabifyDockWidget(dock("disassembly"), dock("source"));
    for (const char *id : {"stack", "console"})
        m_area->tabifyDockWidget(dock("memory"), dock(id));
    for (const char *id : {"breakpoints", "kernel"})
        m_area->tabifyDockWidget(dock("threads"), dock(id));
    const QStringList shown{u"disassembly"_s, u"source"_s,  u"registers"_s,   u"memory"_s, u"stack"_s,
                            u"console"_s,     u"threads"_s, u"breakpoints"_s, u"kernel"_s};
    for (PanelDock *each : m_docks)
        if (!shown.contains(each->panel().id())) {
            m_area->tabifyDockWidget(dock("memory"), each);
            each->hide();
        }
    show({"disassembly", "source", "registers", "memory", "stack", "console", "threads", "breakpoints",
          "kernel"});
    for (const char *id : {"disassembly", "memory", "threads"})
        dock(id)->raise();
    m_area->resizeDocks({dock("disassembly"), dock("registers")}, {58, 42}, Qt::Horizontal);
    m_area->resizeDocks({dock("disassembly"), dock("memory")}, {62, 38}, Qt::Vertical);
    m_area->resizeDocks({dock("registers"), dock("threads")}, {58, 42}, Qt::Vertical);
}

} // namespace nitroscope::app
