// SPDX-License-Identifier: GPL-2.0-or-later
//
// The PCRs in the window: live, as the open EIF would have them, and their history.
#pragma once

#include "app/frame/feature.hpp"

namespace nitroscope::app {

class PcrPanel;

class PcrFeature : public Feature {
    Q_OBJECT
public:
    explicit PcrFeature(Frame &frame);

    std::vector<PanelEntry> panels() override;
    std::vector<MenuEntry> actions() override;
    void begin() override;
    void take(const RunNews &news) override;
    void end() override;
    Panel *show(const Place &place) override;

private:
    void showMoment();
    void showExpected();

    PcrPanel *m_panel;
    bool m_isExpecting = false; // what the open EIF would have is shown
};

} // namespace nitroscope::app
