// SPDX-License-Identifier: GPL-2.0-or-later
//
// The debugger's commands for a recording: backwards, and questions to the past.
#include "app/features/debug/code/disassembly_panel.hpp"
#include "app/features/debug/memory/memory_panel.hpp"
#include "app/features/debug/workspace/debug_workspace.hpp"
#include "app/ui/actions/action_registry.hpp"
#include "app/ui/bytes/hex_view.hpp"

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;
using K = QKeySequence;

namespace {

constexpr const char *backActions[] = {"debug.stepBack",   "debug.stepOverBack",    "debug.stepOutBack",
                                       "debug.resumeBack", "debug.runBackToCursor", "debug.runBackToStage",
                                       "debug.whoWrote",   "debug.whoReads",        "debug.everyRun"};

} // namespace

void DebugWorkspace::registerBackActions() {
    const auto run = [this](void (DebugTarget::*slot)()) {
        return [this, slot] {
            if (m_target)
                (m_target->*slot)();
        };
    };
    m_actions.add({u"debug.stepBack"_s, u"Step Bac&k"_s, K(u"Alt+F7"_s), u"step-back"_s,
                   u"Undo one instruction of a recording"_s},
                  run(&DebugTarget::stepBack));
    m_actions.add({u"debug.stepOverBack"_s, u"Step Back O&ver"_s, K(u"Alt+F10"_s), u"step-over-back"_s,
                   u"Undo one instruction; a call that has returned as a whole"_s},
                  run(&DebugTarget::stepOverBack));
    m_actions.add({u"debug.stepOutBack"_s, u"Step Back Ou&t"_s, K(u"Alt+Shift+F7"_s), u"step-out-back"_s,
                   u"Run back to the call of the current function"_s},
                  run(&DebugTarget::stepOutBack));
    m_actions.add({u"debug.resumeBack"_s, u"Resume Back&wards"_s, K(u"Alt+F8"_s), u"resume-back"_s,
                   u"Run backwards to the breakpoint before, or to the beginning of the recording"_s},
                  run(&DebugTarget::resumeBack));
    m_actions.add({u"debug.runBackToCursor"_s, u"Run Back to Cu&rsor"_s, K(u"Ctrl+Shift+F10"_s),
                   u"run-back"_s, u"Run backwards to the instruction under the cursor of the disassembly"_s},
                  [this] {
                      if (m_target)
                          m_target->runBackTo(codeCursor());
                  });
    m_actions.add({u"debug.runBackToStage"_s,
                   u"Run Back to Sta&ge"_s,
                   K(u"Alt+Shift+F8"_s),
                   {},
                   u"Run backwards to the stage of the boot that was passed last"_s},
                  run(&DebugTarget::runBackToStage));
    const auto memory = [this](HistoryQuestion::Kind kind) {
        return [this, kind] { ask({kind, m_memory->space(), m_memory->hexView().cursor(), 1}); };
    };
    m_actions.add({u"debug.whoWrote"_s,
                   u"&Who Wrote This"_s,
                   K(u"Ctrl+Shift+H"_s),
                   {},
                   u"Go back to the instruction that wrote the byte under the cursor of the memory panel"_s},
                  memory(HistoryQuestion::Kind::writer));
    m_actions.add({u"debug.whoReads"_s,
                   u"Who &Reads This Next"_s,
                   K(u"Ctrl+Shift+N"_s),
                   {},
                   u"Go to the next instruction that reads the byte under the cursor of the memory panel"_s},
                  memory(HistoryQuestion::Kind::reader));
    m_actions.add({u"debug.everyRun"_s,
                   u"Every Time This R&an"_s,
                   K(u"Ctrl+Shift+T"_s),
                   {},
                   u"List when the instruction under the cursor of the disassembly ran in the recording"_s},
                  [this] {
                      ask({HistoryQuestion::Kind::runs, AddressSpace::guestVirtual, codeCursor(), 1});
                  });
}

// In anything but a recording they say why not.
void DebugWorkspace::updateBackActions() {
    const bool stopped = m_target && m_target->state() == DebugTarget::State::stopped;
    const QString why = m_target ? m_target->reverseProblem() : QString();
    for (const char *id : backActions) {
        QAction *action = m_actions.find(QLatin1String(id));
        action->setEnabled(stopped && why.isEmpty());
        action->setToolTip(why.isEmpty() ? action->statusTip() : why);
    }
}

} // namespace nitroscope::app
