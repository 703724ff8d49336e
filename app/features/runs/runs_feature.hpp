// SPDX-License-Identifier: GPL-2.0-or-later
//
// Earlier runs in the window: their captures are kept, listed, opened again and compared.
#pragma once

#include "app/features/runs/run_keeper.hpp"
#include "app/frame/feature.hpp"

namespace nitroscope::app {

class RunsPanel;

class RunsFeature : public Feature {
    Q_OBJECT
public:
    explicit RunsFeature(Frame &frame);

    std::vector<PanelEntry> panels() override;
    std::vector<MenuEntry> actions() override;

private:
    QList<QAction *> menuActions() const;
    void registerActions();
    void refresh();
    void updateActions();
    void open(const KeptRun &run);
    void compare();
    void removeChosen();
    void setUp();

    RunKeeper m_keeper;
    RunsPanel *m_panel = nullptr;
};

} // namespace nitroscope::app
