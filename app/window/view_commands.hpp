// SPDX-License-Identifier: GPL-2.0-or-later
//
// The commands over the window as such: its colours and size, the palette of all commands, shortcuts, About.
#pragma once

#include <QObject>

class QMainWindow;

namespace nitroscope::app {

class Frame;

class ViewCommands : public QObject {
    Q_OBJECT
public:
    ViewCommands(Frame &frame, QMainWindow &window);

private:
    void registerAppearance();
    void registerHelp();
    void showShortcuts();
    void showAbout();

    Frame &m_frame;
    QMainWindow &m_window;
};

} // namespace nitroscope::app
