// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/features/debug/workspace/debug_feature.hpp"

#include "app/features/debug/code/disassembly_panel.hpp"
#include "app/features/debug/source/source_panel.hpp"
#include "app/features/debug/workspace/debug_workspace.hpp"
#include "app/frame/frame.hpp"
#include "app/frame/run_control.hpp"
#include "app/session/run/debugger_access.hpp"

#include <QWidgetAction>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;

DebugFeature::DebugFeature(Frame &frame)
    : Feature(frame), m_workspace(new DebugWorkspace(frame.actions(), this)), m_bar(new QWidgetAction(this)) {
    registerAttach();
    m_workspace->makePanels();
    m_bar->setDefaultWidget(m_workspace->makeToolBar());
    m_bar->setVisible(false);
    connectWorkspace();
    connectSession();
    connectImage();
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
            // A recording may be of another image than the open one.
            if (frame().image().path() != frame().runs().spec().eifPath)
                m_workspace->imageBreakpoints().setImage({});
            m_workspace->setTarget(target);
            m_workspace->disassembly().setFocus();
        }
    });
    connect(&session, &EnclaveSession::ended, this, [this] {
        m_workspace->setTarget(nullptr);
        if (frame().image().path() != frame().runs().spec().eifPath)
            showImage();
    });
}

void DebugFeature::registerAttach() {
    frame().actions().add({u"debug.attach"_s, u"&Attach Debugger"_s, QKeySequence(u"Ctrl+Alt+A"_s),
                           u"breakpoint"_s,
                           u"Stop the running enclave where it is and debug it from there"_s},
                          [this] {
                              if (auto *access = dynamic_cast<DebuggerAccess *>(&frame().session()))
                                  access->attachDebugger();
                          });
    connect(&frame().session(), &EnclaveSession::stateChanged, this, &DebugFeature::updateAttach);
    updateAttach();
}

void DebugFeature::updateAttach() {
    using State = EnclaveSession::State;
    const State state = frame().session().state();
    const bool runs = state == State::running || state == State::paused;
    const bool isDebugged = m_workspace->isAttached() || frame().runs().spec().debugger;
    frame().actions().allow(u"debug.attach"_s,
                            runs && !isDebugged && dynamic_cast<DebuggerAccess *>(&frame().session()),
                            runs ? u"This run is under the debugger already."_s
                                 : u"No enclave is running. Run the open image first."_s);
}

void DebugFeature::connectImage() {
    m_workspace->imageBreakpoints().setFolder(frame().preferences().folder());
    connect(&frame().image(), &EifLoader::opened, this, [this] {
        if (!m_workspace->isAttached())
            showImage();
    });
    connect(&frame().image(), &EifLoader::failed, this, [this] {
        if (!m_workspace->isAttached())
            showImage();
    });
    connect(&frame().image(), &EifLoader::measured, this, [this] {
        if (!m_workspace->isAttached() || frame().image().path() == frame().runs().spec().eifPath)
            nameImage();
    });
}

// Breakpoints are those of the open image from here on.
void DebugFeature::showImage() {
    m_workspace->imageBreakpoints().setImage({});
    m_workspace->source().setImage(frame().image().path());
    nameImage();
}

void DebugFeature::nameImage() {
    if (const auto &measured = frame().image().measurements(); measured && !measured->pcr0.isEmpty())
        m_workspace->imageBreakpoints().setImage(QString::fromLatin1(measured->pcr0.toHex()));
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
    updateAttach();
}

Panel *DebugFeature::show(const Place &place) {
    const auto *code = std::get_if<place::Code>(&place);
    if (!code || !m_workspace->isAttached())
        return nullptr;
    m_workspace->showCode(code->address);
    return &m_workspace->disassembly();
}

} // namespace nitroscope::app
