// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/window/window_frame.hpp"

#include "app/window/dock_area.hpp"
#include "app/window/window_layouts.hpp"

#include <QMainWindow>
#include <QStatusBar>

namespace nitroscope::app {
namespace {

template <class Entry>
void append(std::vector<Entry> &all, std::vector<Entry> more) {
    all.insert(all.end(), more.begin(), more.end());
}

} // namespace

std::vector<PanelEntry> WindowFrame::panels() {
    std::vector<PanelEntry> entries;
    for (const auto &feature : features())
        append(entries, feature->panels());
    return entries;
}

std::vector<MenuEntry> WindowFrame::menuEntries() {
    std::vector<MenuEntry> entries;
    for (const auto &feature : features())
        append(entries, feature->actions());
    return entries;
}

void WindowFrame::setArea(DockArea &area, WindowLayouts &layouts) {
    m_area = &area;
    m_layouts = &layouts;
}

QWidget &WindowFrame::window() {
    return m_window;
}

void WindowFrame::showMessage(const QString &text, int milliseconds) {
    m_window.statusBar()->showMessage(text, milliseconds);
}

void WindowFrame::raise(const Panel &panel) {
    m_area->raisePanel(panel);
}

void WindowFrame::usePerspective(Perspective wanted) {
    m_layouts->use(wanted);
}

} // namespace nitroscope::app
