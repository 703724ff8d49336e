// SPDX-License-Identifier: GPL-2.0-or-later
//
// The window's menu bar and toolbar: its own commands, and those of the features at the places they named.
#pragma once

#include "app/frame/menu_entry.hpp"

#include <vector>

class QMenu;
class QMenuBar;
class QToolBar;

namespace nitroscope::app {

class ActionRegistry;
class DockArea;

// Menus that are filled by those who know what is to be in them.
struct OpenMenus {
    QMenu *recent;
    QMenu *layouts;
};

OpenMenus fillMenuBar(QMenuBar &bar, const ActionRegistry &actions, const std::vector<MenuEntry> &entries,
                      const DockArea &area);
void fillToolBar(QToolBar &bar, const ActionRegistry &actions, const std::vector<MenuEntry> &entries);

} // namespace nitroscope::app
