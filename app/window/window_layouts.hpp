// SPDX-License-Identifier: GPL-2.0-or-later
//
// Arrangements of the window that are kept: named ones, the one of the last run, and for each perspective the
// one that the user has made of it while the other is shown.
#pragma once

#include "app/frame/panel_entry.hpp"
#include "app/ui/settings/layout_store.hpp"

#include <QObject>

class QMainWindow;
class QMenu;

namespace nitroscope::app {

class DockArea;
class Frame;

class WindowLayouts : public QObject {
    Q_OBJECT
public:
    // Registers the commands.
    WindowLayouts(Frame &frame, QMainWindow &window);

    // Before anything else. Reads what is stored and applies the layout of the last run.
    void manage(DockArea &area, QMenu &menu);

    WindowLayout current(const QString &name) const;
    bool apply(const WindowLayout &layout);
    void reset(); // the present perspective, as it comes
    void use(Perspective wanted);
    void saveLast();
    QString file() const;

private:
    void registerCommands();
    void load();
    void store();
    void put(const QString &name);
    void askName();
    void fillMenu();
    void addToMenu(const WindowLayout &layout);
    void restorePanels(const WindowLayout &layout);

    Frame &m_frame;
    QMainWindow &m_window;
    DockArea *m_area = nullptr;
    QMenu *m_menu = nullptr;
    LayoutStore m_store;
    QByteArray m_defaultDocks;
};

} // namespace nitroscope::app
