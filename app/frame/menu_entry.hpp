// SPDX-License-Identifier: GPL-2.0-or-later
//
// Where a feature's actions stand. The window builds its menu bar from these places and from its own commands.
#pragma once

#include <QList>
#include <QString>

class QAction;

namespace nitroscope::app {

enum class MenuPlace {
    toolBar,
    // File
    open,
    exports,
    // Edit
    copy,
    paste,
    find,
    goTo,
    clear,
    // menus of their own
    image,
    options, // Enclave, above what is done to a run
    enclave,
    debug,
    traffic,
    view,
};

struct MenuEntry {
    MenuPlace place;
    QList<QAction *> actions; // nullptr: a separator
    QString submenu = {};     // its title with mnemonic; empty: they stand in the menu itself
};

} // namespace nitroscope::app
