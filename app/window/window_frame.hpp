// SPDX-License-Identifier: GPL-2.0-or-later
//
// The frame that features get: what is theirs in the window.
#pragma once

#include "app/frame/frame.hpp"
#include "app/frame/run_control.hpp"

class QMainWindow;

namespace nitroscope::app {

class DockArea;
class WindowLayouts;

class WindowFrame : public Frame {
    Q_OBJECT
public:
    WindowFrame(EnclaveSession &session, Preferences &preferences, QMainWindow &window, Banner &banner)
        : Frame(session, preferences), m_window(window), m_banner(banner) {}

    // Makes the features. Their panels and menu entries are asked for next, once each.
    using Frame::dropFeatures;
    using Frame::makeFeatures;
    std::vector<PanelEntry> panels();
    std::vector<MenuEntry> menuEntries();
    // From here on panels come to the front, and perspectives change.
    void setArea(DockArea &area, WindowLayouts &layouts);

    RunControl &runs() override { return m_runs; }
    QWidget &window() override;
    Banner &banner() override { return m_banner; }
    void showMessage(const QString &text, int milliseconds) override;
    void raise(const Panel &panel) override;
    void usePerspective(Perspective wanted) override;

private:
    QMainWindow &m_window;
    Banner &m_banner;
    RunControl m_runs{*this};
    DockArea *m_area = nullptr;
    WindowLayouts *m_layouts = nullptr;
};

} // namespace nitroscope::app
