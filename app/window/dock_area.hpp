// SPDX-License-Identifier: GPL-2.0-or-later
//
// The docks of all panels and how they are arranged: two perspectives of four quarters each, as the panels'
// entries say. It is a main window inside of the window, so that the banner can stand above all docks.
#pragma once

#include "app/frame/panel_entry.hpp"

#include <QMainWindow>
#include <vector>

namespace nitroscope::app {

class ActionRegistry;
class PanelDock;

class DockArea : public QMainWindow {
    Q_OBJECT
public:
    // Each panel gets an action "view.panel.ID" that shows and hides it. It needs its parent from the start: a
    // window of its own would keep the least size that it had while docks were being placed.
    DockArea(ActionRegistry &actions, const std::vector<PanelEntry> &entries, QWidget *parent);

    const std::vector<PanelDock *> &docks() const { return m_docks; }
    // The actions of the panels that a perspective shows and those before it do not.
    QList<QAction *> panelActions(Perspective perspective) const;
    void raisePanel(const Panel &panel);

    Perspective perspective() const;
    // As the perspective comes.
    void arrange(Perspective perspective);
    // What saveState() gave; false, and nothing changes, when it is something else.
    bool restore(const QByteArray &state);
    // The proportions of the four quarters, which depend on the size of the window.
    void setProportions(Perspective perspective);

private:
    PanelDock *addDock(const PanelEntry &entry);
    // The docks of a quarter in the order of their tabs, those that are hidden last.
    std::vector<PanelDock *> docksIn(Quarter quarter, Perspective perspective) const;
    PanelDock *front(Quarter quarter, Perspective perspective) const; // nullptr when nothing is shown there
    void placeNewDocks();
    void scheduleTitleBars();

    ActionRegistry &m_actions;
    std::vector<PanelEntry> m_entries; // of docks with the same number
    std::vector<PanelDock *> m_docks;
    bool m_titleBarsScheduled = false;
};

} // namespace nitroscope::app
