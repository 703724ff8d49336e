// SPDX-License-Identifier: GPL-2.0-or-later
//
// The launch options in the window: the dialog for the next run, which are remembered.
#pragma once

#include "app/frame/feature.hpp"

namespace nitroscope::app {

class LaunchFeature : public Feature {
    Q_OBJECT
public:
    explicit LaunchFeature(Frame &frame);

    std::vector<MenuEntry> actions() override;

private:
    void edit();
};

} // namespace nitroscope::app
