// SPDX-License-Identifier: GPL-2.0-or-later
//
// vsock in the window: its panel and commands, and the wires between panel and machine.
#pragma once

#include "app/frame/feature.hpp"
#include "app/session/vsock/vsock_control.hpp"

namespace nitroscope::app {

class StreamSource;
class VsockPanel;

class VsockFeature : public Feature {
    Q_OBJECT
public:
    explicit VsockFeature(Frame &frame);

    std::vector<PanelEntry> panels() override;
    std::vector<MenuEntry> actions() override;
    void take(const RunNews &news) override;
    Panel *show(const Place &place) override;

private:
    void registerViews();
    void registerCopies();
    void registerRules();
    QList<QAction *> menuActions();
    void connectPanel();
    void connectMachine();
    void updateActions();
    void refreshStatus();
    void editRule(qmp::MachineRule::Kind kind);
    void editRoutes(bool outOfTheEnclave);
    void removeRules();
    void saveStream(const StreamSource &source, const QString &suggestion);
    void saveTcpView();
    void saveTcpViewTo(const QString &path);

    VsockPanel *m_panel = nullptr;
};

} // namespace nitroscope::app
