// SPDX-License-Identifier: GPL-2.0-or-later
//
// The log in the window, and the details of a notice together with the end of it.
#pragma once

#include "app/frame/feature.hpp"

namespace nitroscope::app {

class LogPanel;

class LogFeature : public Feature {
    Q_OBJECT
public:
    explicit LogFeature(Frame &frame);

    std::vector<PanelEntry> panels() override;
    std::vector<MenuEntry> actions() override;
    void take(const RunNews &news) override;

private:
    LogPanel *m_panel;
};

} // namespace nitroscope::app
