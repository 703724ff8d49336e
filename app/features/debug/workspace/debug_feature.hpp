// SPDX-License-Identifier: GPL-2.0-or-later
//
// The debugger in the window: its workspace gets a target while a run under the debugger goes on, and then
// has the say over run control and arrangement.
#pragma once

#include "app/frame/feature.hpp"

class QWidgetAction;

namespace nitroscope::app {

class DebugWorkspace;

class DebugFeature : public Feature {
    Q_OBJECT
public:
    explicit DebugFeature(Frame &frame);
    ~DebugFeature() override;

    std::vector<PanelEntry> panels() override;
    std::vector<MenuEntry> actions() override;
    Panel *show(const Place &place) override;

private:
    void connectWorkspace();
    void connectSession();
    void connectImage();
    void registerAttach();
    void updateAttach();
    void showImage();
    void nameImage();
    void takeAttached();

    DebugWorkspace *m_workspace;
    QWidgetAction *m_bar; // the debugger's part of the toolbar
};

} // namespace nitroscope::app
