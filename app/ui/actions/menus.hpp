// SPDX-License-Identifier: GPL-2.0-or-later
//
// What all menus have in common.
#pragma once

#include <QList>

class QAction;
class QMenu;
class QWidget;

namespace nitroscope::app {

// In this order; nullptr is a separator (ActionRegistry::list()).
void addToMenu(QMenu &menu, const QList<QAction *> &actions);

// A context menu that nobody waits for: to be shown with popup(), it goes when it is closed.
QMenu *makeContextMenu(QWidget *parent);

} // namespace nitroscope::app
