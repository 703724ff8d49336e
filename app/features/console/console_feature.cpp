// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/features/console/console_feature.hpp"

#include "app/features/console/console_panel.hpp"
#include "app/frame/frame.hpp"
#include "app/frame/run_control.hpp"

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;
using K = QKeySequence;

ConsoleFeature::ConsoleFeature(Frame &frame) : Feature(frame), m_panel(new ConsolePanel) {
    ActionRegistry &actions = frame.actions();
    actions.add(
        {u"file.exportConsole"_s, u"&Console Log…"_s, K(u"Ctrl+S"_s), u"save"_s,
         u"Save what the enclave wrote to its console"_s, u"Export Console Log"_s},
        [this] { this->frame().saveText(u"Save Console Log"_s, u"console.log"_s, m_panel->logText()); });
    actions.add({u"edit.copyConsole"_s,
                 u"Copy &Console Selection"_s,
                 K(u"Ctrl+Shift+C"_s),
                 {},
                 u"Copy the text selected in the console"_s},
                [this] { m_panel->copy(); });
    actions.add({u"edit.paste"_s,
                 u"&Paste into Console"_s,
                 K(u"Ctrl+Shift+V"_s),
                 {},
                 u"Type the clipboard into the enclave's console, at the pace of a serial line"_s},
                [this] { m_panel->paste(); });
    actions.add({u"edit.findConsole"_s,
                 u"Find in C&onsole…"_s,
                 K(u"Ctrl+Shift+F"_s),
                 {},
                 u"Find text in the console"_s},
                [this] { m_panel->find(); });
    actions.add(
        {u"edit.clearConsole"_s, u"C&lear Console"_s, {}, u"clear"_s, u"Clear the console and its history"_s},
        [this] { m_panel->clear(); });
    connect(m_panel, &ConsolePanel::input, &frame.session(), &EnclaveSession::sendConsoleInput);
    connect(&frame.session(), &EnclaveSession::stateChanged, this, &ConsoleFeature::takeState);
    takeState(frame.session().state());
}

void ConsoleFeature::begin() {
    m_panel->clear();
}

void ConsoleFeature::take(const RunNews &news) {
    if (!news.console.isEmpty())
        m_panel->append(news.console);
}

void ConsoleFeature::end() {
    m_panel->setEnded();
}

void ConsoleFeature::takeState(EnclaveSession::State state) {
    const bool active = frame().runs().isActive();
    m_panel->setLive(active);
    frame().action("edit.paste")->setEnabled(active);
    if (state == EnclaveSession::State::starting)
        m_panel->setFocus();
}

std::vector<PanelEntry> ConsoleFeature::panels() {
    return {{m_panel,
             u"&Console"_s,
             K(u"Ctrl+2"_s),
             {Quarter::rightTop, Tab::shown},
             {Quarter::leftBottom, Tab::last}}};
}

std::vector<MenuEntry> ConsoleFeature::actions() {
    const ActionRegistry &actions = frame().actions();
    return {{MenuPlace::exports, actions.list({"file.exportConsole"})},
            {MenuPlace::copy, actions.list({"edit.copyConsole"})},
            {MenuPlace::paste, actions.list({"edit.paste"})},
            {MenuPlace::find, actions.list({"edit.findConsole"})},
            {MenuPlace::clear, actions.list({"edit.clearConsole"})}};
}

} // namespace nitroscope::app
