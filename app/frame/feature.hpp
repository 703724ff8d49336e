// SPDX-License-Identifier: GPL-2.0-or-later
//
// One subject of the window: console, NSM, vsock, debugger. A feature makes its panels and actions when it is
// made and says where they stand; it hears of the run that is shown, and shows places that are its own. It
// knows the frame and no other feature: what leads to another one goes through Frame::show().
#pragma once

#include "app/frame/menu_entry.hpp"
#include "app/frame/panel_entry.hpp"
#include "app/frame/place.hpp"

#include <memory>
#include <QObject>
#include <vector>

namespace nitroscope::app {

class Frame;
struct RunNews;

class Feature : public QObject {
    Q_OBJECT
public:
    explicit Feature(Frame &frame) : m_frame(frame) {}

    // Each asked for once. `panels` come first; each has the action "view.panel.ID" from then on.
    virtual std::vector<PanelEntry> panels() { return {}; }
    virtual std::vector<MenuEntry> actions() { return {}; }

    // The run that is shown, live or from a capture: another one begins, its stream has brought something, its
    // stream is over. What is known of it is in Frame::account(); panels that follow that themselves come first.
    virtual void begin() {}
    virtual void take(const RunNews &) {}
    virtual void end() {}

    // Shows a place that is the feature's, taking a filter off that hides it, and tells nobody. Returns the
    // panel that has it; nullptr when the place is none of the feature's, or not there.
    virtual Panel *show(const Place &) { return nullptr; }
    // The user has chosen a place in another feature.
    virtual void follow(const Place &) {}
    // Shows a file that is the feature's by its content and can be looked at beside a run; false for others.
    virtual bool openFile(const QString &) { return false; }

protected:
    Frame &frame() const { return m_frame; }

private:
    Frame &m_frame;
};

// In the order in which panels stand in menus and tabs.
using FeatureList = std::vector<std::unique_ptr<Feature> (*)(Frame &)>;

} // namespace nitroscope::app
