// SPDX-License-Identifier: GPL-2.0-or-later
//
// The boot in the window: the firmware's stages, and the one that failed.
#pragma once

#include "app/frame/feature.hpp"

namespace nitroscope::app {

class BootPanel;

class BootFeature : public Feature {
    Q_OBJECT
public:
    explicit BootFeature(Frame &frame);

    std::vector<PanelEntry> panels() override;
    std::vector<MenuEntry> actions() override;
    void begin() override;
    void take(const RunNews &news) override;
    void end() override;
    Panel *show(const Place &place) override;

private:
    BootPanel *m_panel;
};

} // namespace nitroscope::app
