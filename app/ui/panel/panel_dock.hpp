// SPDX-License-Identifier: GPL-2.0-or-later
//
// A dock with a slim title bar of our own: title, float, close. When docks share one place the tabs already
// carry the titles, so the bar hides then.
#pragma once

#include <QDockWidget>

class QLabel;

namespace nitroscope::app {

class Panel;

class PanelDock : public QDockWidget {
    Q_OBJECT
public:
    PanelDock(Panel *panel, QWidget *parent);

    Panel &panel() const { return *m_panel; }
    // It is shown, and no other dock stands before it in the same place.
    bool isInFront() const { return m_isInFront; }
    // Shows it before all others, with the focus in what the panel is about.
    void bringForward();
    void giveFocus();
    // Called by the window after any change of the arrangement.
    void updateTitleBar(bool tabbed);

private:
    Panel *m_panel;
    QWidget *m_bar;
    QWidget *m_noBar;
    bool m_isInFront = false;
};

} // namespace nitroscope::app
