// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/features/debug/workspace/debug_feature.hpp"

#include "app/features/debug/code/disassembly_panel.hpp"
#include "app/features/debug/workspace/debug_workspace.hpp"
#include "app/frame/frame.hpp"
#include "app/frame/run_control.hpp"

#include <QWidgetAction>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;

DebugFeature::DebugFeature(Frame &frame)
    : Feature(frame), m_workspace(new DebugWorkspace(frame.actions(), this)), m_bar(new QWidgetAction(this)) {
    m_workspace->makePanels();
    m_bar->setDefaultWidget(m_workspace->makeToolBar());
    m_bar->setVisible(false);
    connectWorkspace();
    connectSession();
}

// The panels outlive the feature, and the target may not.
DebugFeature::~DebugFeature() {
    m_workspace->disconnect(this);
    m_workspace->setTarget(nullptr);
}

std::vector<PanelEntry> DebugFeature::panels() {
    return m_workspace->panelEntries();
}

std::vector<MenuEntry> DebugFeature::actions() {
    return {{MenuPlace::toolBar, {m_bar}}, {MenuPlace::debug, m_workspace->menuActions()}};
}

void DebugFeature::connectWorkspace() {
    connect(m_workspace, &DebugWorkspace::raiseWanted, this, [this](Panel &panel) { frame().raise(panel); });
    connect(m_workspace, &DebugWorkspace::problem, this, [this](const Error &error) {
        frame().showMessage(error.text(), 10'000);
        frame().say(LogLevel::warning, error.text());
    });
    connect(m_workspace, &DebugWorkspace::stopReasonChanged, this,
            [this](const QString &text) { frame().runs().setPauseReason(text); });
    connect(m_workspace, &DebugWorkspace::instructionWanted, this, [this](quint64 instruction) {
        if (ReplayControl *replay = frame().session().replay(); replay && replay->isReplay())
            replay->seek(instruction);
    });
    connect(m_workspace, &DebugWorkspace::attachedChanged, this, &DebugFeature::takeAttached);
}

void DebugFeature::connectSession() {
    EnclaveSession &session = frame().session();
    connect(&session, &EnclaveSession::debuggerReady, this, [this, &session] {
        if (DebugTarget *target = session.debugTarget()) {
            m_workspace->setTarget(target);
            m_workspace->disassembly().setFocus();
        }
    });
    connect(&session, &EnclaveSession::ended, this, [this] { m_workspace->setTarget(nullptr); });
}

// While the debugger is attached, run control goes through its target: the gdbstub must not be surprised.
void DebugFeature::takeAttached() {
    if (m_workspace->isAttached()) {
        const auto tell = [this](void (DebugTarget::*what)()) {
            if (DebugTarget *target = m_workspace->target())
                (target->*what)();
        };
        frame().runs().setGuestControl(
            {[tell] { tell(&DebugTarget::interrupt); }, [tell] { tell(&DebugTarget::resume); }});
        frame().usePerspective(Perspective::debug);
    } else {
        frame().runs().setGuestControl({});
    }
    m_bar->setVisible(m_workspace->isAttached());
}

Panel *DebugFeature::show(const Place &place) {
    const auto *code = std::get_if<place::Code>(&place);
    if (!code || !m_workspace->isAttached())
        return nullptr;
    m_workspace->showCode(code->address);
    return &m_workspace->disassembly();
}

} // namespace nitroscope::app
