// SPDX-License-Identifier: GPL-2.0-or-later
//
// The NSM in the window: its panel, breaks and faults of a running machine, and what can be copied and saved.
#pragma once

#include "app/frame/feature.hpp"

namespace nitroscope::app {

class NsmPanel;

class NsmFeature : public Feature {
    Q_OBJECT
public:
    explicit NsmFeature(Frame &frame);

    std::vector<PanelEntry> panels() override;
    std::vector<MenuEntry> actions() override;
    void take(const RunNews &news) override;
    Panel *show(const Place &place) override;

private:
    void registerRuleCommands();
    void registerCopies();
    void connectPanel();
    void connectSession();
    void updateRules();
    void refreshStatus();

    NsmPanel *m_panel;
};

} // namespace nitroscope::app
