// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/features/console/console_feature.hpp"

#include "app/features/console/console_panel.hpp"
#include "app/frame/frame.hpp"
#include "app/frame/run_control.hpp"

#include <algorithm>
#include <utility>

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
    connect(&frame.cursor(), &TimeCursor::moved, this, &ConsoleFeature::showMoment);
    takeState(frame.session().state());
}

void ConsoleFeature::begin() {
    m_panel->clear();
    m_pieces.clear();
    m_past.clear();
    m_shown = 0;
}

void ConsoleFeature::take(const RunNews &news) {
    if (frame().account().instructions().isEmpty()) {
        if (!news.console.isEmpty())
            m_panel->append(news.console);
        return;
    }
    for (const pcapng::Record &record : news.records) {
        const QByteArray bytes = consoleOutputOf(record);
        if (bytes.isEmpty() || m_past.size() + bytes.size() > ConsolePanel::logLimit)
            continue;
        m_past += bytes;
        m_pieces.push_back({record.offset, m_past.size()});
    }
    showMoment();
}

// In a recording the console ends at the moment that is shown. A terminal does not go backwards: it begins again.
void ConsoleFeature::showMoment() {
    const auto &now = frame().now();
    const auto ahead =
        now ? std::ranges::lower_bound(m_pieces, now->offset, {}, &Piece::offset) : m_pieces.end();
    const qsizetype end = ahead == m_pieces.begin() ? 0 : std::prev(ahead)->end;
    const qsizetype shown = std::exchange(m_shown, end);
    if (end < shown)
        m_panel->clear();
    const qsizetype from = end < shown ? 0 : shown;
    if (end > from)
        m_panel->append(m_past.sliced(from, end - from));
}

void ConsoleFeature::end() {
    m_panel->setEnded();
}

void ConsoleFeature::takeState(EnclaveSession::State state) {
    const QString whyFixed = frame().whyFixed();
    const bool active = frame().runs().isActive() && whyFixed.isEmpty();
    m_panel->setLive(active);
    frame().actions().allow(u"edit.paste"_s, active, whyFixed);
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
