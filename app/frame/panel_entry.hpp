// SPDX-License-Identifier: GPL-2.0-or-later
//
// A panel as a feature brings it: how it is called in the View menu and where it stands in each arrangement of the
// window. Both arrangements have four quarters; the panels of a quarter share it as tabs, in the order of their features.
#pragma once

#include <QKeySequence>
#include <QString>

namespace nitroscope::app {

class Panel;

enum class Perspective { workbench, debug };
enum class Quarter { leftTop, leftBottom, rightTop, rightBottom };
enum class Tab {
    shown,
    last,   // shown, behind all others
    hidden, // stands there when the user shows it
};

struct PanelPlace {
    Quarter quarter = Quarter::leftBottom;
    Tab tab = Tab::hidden;
};

struct PanelEntry {
    Panel *panel; // its dock takes it
    QString text; // in the View menu, with mnemonic
    QKeySequence shortcut;
    PanelPlace workbench;
    PanelPlace debug;

    const PanelPlace &at(Perspective perspective) const {
        return perspective == Perspective::debug ? debug : workbench;
    }
    bool isShown(Perspective perspective) const { return at(perspective).tab != Tab::hidden; }
};

} // namespace nitroscope::app
