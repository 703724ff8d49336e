// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/window/edit_commands.hpp"

#include "app/frame/frame.hpp"
#include "app/ui/panel/panel.hpp"

#include <QApplication>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;

EditCommands::EditCommands(Frame &frame) {
    using K = QKeySequence;
    const auto add = [this, &frame](const ActionEntry &entry, void (Panel::*effect)()) {
        frame.actions().add(entry, [this, effect] {
            if (m_panel)
                (m_panel->*effect)();
        });
    };
    add({u"edit.copy"_s, u"&Copy"_s, K::Copy, u"copy"_s, u"Copy the selection of the current panel"_s},
        &Panel::copy);
    add({u"edit.selectAll"_s,
         u"Select &All"_s,
         K::SelectAll,
         {},
         u"Select everything in the current panel"_s},
        &Panel::selectAll);
    add({u"edit.find"_s, u"&Find…"_s, K::Find, u"find"_s, u"Find in the current panel"_s}, &Panel::find);
    add({u"edit.findNext"_s, u"Find &Next"_s, K(u"F3"_s), {}, u"Find the next match"_s}, &Panel::findNext);
    add({u"edit.findPrevious"_s, u"Find Pre&vious"_s, K(u"Shift+F3"_s), {}, u"Find the previous match"_s},
        &Panel::findPrevious);
    connect(qApp, &QApplication::focusChanged, this, [this](QWidget *, QWidget *now) { trackFocus(now); });
}

void EditCommands::trackFocus(QWidget *now) {
    for (QWidget *at = now; at; at = at->parentWidget())
        if (auto *panel = qobject_cast<Panel *>(at)) {
            m_panel = panel;
            return;
        }
}

} // namespace nitroscope::app
