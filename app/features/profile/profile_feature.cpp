// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/features/profile/profile_feature.hpp"

#include "app/features/profile/flame_view.hpp"
#include "app/features/profile/profile_panel.hpp"
#include "app/frame/frame.hpp"
#include "app/frame/run_control.hpp"
#include "app/ui/dialogs/file_dialogs.hpp"

#include <QFile>
#include <QFileInfo>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;

ProfileFeature::ProfileFeature(Frame &frame) : Feature(frame) {
    ActionRegistry &actions = frame.actions();
    actions.add({u"profile.open"_s,
                 u"Open &Profile…"_s,
                 {},
                 u"open"_s,
                 u"Show a file with folded stacks as a flame graph"_s,
                 u"Open Profile"_s},
                [this] {
                    chooseFileToOpen(this->frame().window(), {u"Open Profile"_s},
                                     [this](const QString &path) {
                                         if (!show(path))
                                             this->frame().showMessage(u"This file has no folded stacks."_s);
                                     });
                });
    actions.add({u"profile.zoomIn"_s,
                 u"Zoom to &Function"_s,
                 {},
                 {},
                 u"Show the chosen function and what it calls over the whole width"_s,
                 u"Profile: Zoom to Function"_s},
                [this] {
                    if (m_panel->view().current() >= 0)
                        m_panel->view().zoomTo(m_panel->view().current());
                });
    actions.add({u"profile.zoomOut"_s,
                 u"Show &All"_s,
                 {},
                 {},
                 u"Show all functions of the profile"_s,
                 u"Profile: Show All"_s},
                [this] { m_panel->view().zoomOut(); });
    actions.add(
        {u"profile.exportSvg"_s,
         u"Flame Graph as &SVG…"_s,
         {},
         {},
         u"Save the flame graph as a picture"_s,
         u"Export Flame Graph"_s},
        [this] { this->frame().saveText(u"Save Flame Graph"_s, u"profile.svg"_s, m_panel->view().svg()); });
    actions.add(
        {u"profile.exportFolded"_s,
         u"Profile as &Folded Stacks…"_s,
         {},
         {},
         u"Save the profile for flamegraph.pl, speedscope and others"_s,
         u"Export Folded Stacks"_s},
        [this] { this->frame().saveText(u"Save Profile"_s, u"profile.folded"_s, m_panel->stacks().text()); });
    m_panel = new ProfilePanel(frame.action("profile.open"), menuActions());
    connect(&frame.session(), &EnclaveSession::ended, this, [this] {
        const QString path = this->frame().runs().spec().profilePath;
        if (!path.isEmpty() && QFileInfo::exists(path) && show(path))
            this->frame().raise(*m_panel);
    });
}

std::vector<PanelEntry> ProfileFeature::panels() {
    return {{m_panel, u"P&rofile"_s, {}, {Quarter::rightBottom, Tab::hidden}, {}}};
}

QList<QAction *> ProfileFeature::menuActions() const {
    return frame().actions().list(
        {"profile.zoomIn", "profile.zoomOut", "-", "profile.exportSvg", "profile.exportFolded"});
}

std::vector<MenuEntry> ProfileFeature::actions() {
    const ActionRegistry &actions = frame().actions();
    return {{MenuPlace::open, actions.list({"profile.open"})},
            {MenuPlace::exports, actions.list({"profile.exportSvg", "profile.exportFolded"})},
            {MenuPlace::view, actions.list({"profile.zoomIn", "profile.zoomOut"}), u"P&rofile"_s}};
}

bool ProfileFeature::openFile(const QString &path) {
    if (!show(path))
        return false;
    frame().raise(*m_panel);
    return true;
}

bool ProfileFeature::show(const QString &path) {
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly))
        return false;
    const auto stacks = formats::FoldedStacks::read(file);
    if (!stacks || stacks->total() == 0)
        return false;
    m_panel->setStacks(*stacks);
    return true;
}

} // namespace nitroscope::app
