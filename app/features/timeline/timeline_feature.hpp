// SPDX-License-Identifier: GPL-2.0-or-later
//
// The timeline in the window. It knows an event of every place that other panels show: what is chosen on it
// is chosen there, and the other way round; opening an event also brings its panel to the front.
#pragma once

#include "app/frame/feature.hpp"

#include <functional>

namespace nitroscope::app {

class TimelinePanel;

class TimelineFeature : public Feature {
    Q_OBJECT
public:
    explicit TimelineFeature(Frame &frame);

    std::vector<PanelEntry> panels() override;
    std::vector<MenuEntry> actions() override;
    void begin() override;
    void take(const RunNews &news) override;
    void follow(const Place &place) override;

private:
    void registerViews();
    void registerSteps();
    void registerCopies();
    void add(const char *id, const QString &text, const char *keys, const QString &icon, const QString &help,
             std::function<void(TimelinePanel &)> effect);
    QList<QAction *> menuActions();
    void showInItsPanel(int event, Reveal how);
    void goToTime(qint64 ns);

    TimelinePanel *m_panel = nullptr;
};

} // namespace nitroscope::app
