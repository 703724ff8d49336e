// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/ui/actions/menus.hpp"

#include <QMenu>

namespace nitroscope::app {

void addToMenu(QMenu &menu, const QList<QAction *> &actions) {
    for (QAction *action : actions) {
        if (action)
            menu.addAction(action);
        else
            menu.addSeparator();
    }
}

QMenu *makeContextMenu(QWidget *parent) {
    auto *menu = new QMenu(parent);
    menu->setAttribute(Qt::WA_DeleteOnClose);
    return menu;
}

} // namespace nitroscope::app
