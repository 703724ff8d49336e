// SPDX-License-Identifier: GPL-2.0-or-later
//
// Profiles in the window: of the run that has just ended, or of a file with folded stacks.
#pragma once

#include "app/frame/feature.hpp"

namespace nitroscope::app {

class ProfilePanel;

class ProfileFeature : public Feature {
    Q_OBJECT
public:
    explicit ProfileFeature(Frame &frame);

    std::vector<PanelEntry> panels() override;
    std::vector<MenuEntry> actions() override;
    bool openFile(const QString &path) override;

private:
    bool show(const QString &path);
    QList<QAction *> menuActions() const;

    ProfilePanel *m_panel = nullptr;
};

} // namespace nitroscope::app
