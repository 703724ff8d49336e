// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/window/dock_area.hpp"

#include "app/ui/actions/action_registry.hpp"
#include "app/ui/panel/panel.hpp"
#include "app/ui/panel/panel_dock.hpp"
#include "app/ui/settings/layout_store.hpp"

#include <QTabWidget>
#include <QTimer>
#include <utility>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;

namespace {

constexpr Quarter quarters[] = {Quarter::leftTop, Quarter::leftBottom, Quarter::rightTop,
                                Quarter::rightBottom};

// Percent of the first of two neighbours.
struct Proportions {
    int left, leftTop, rightTop;
};

Proportions proportionsOf(Perspective perspective) {
    return perspective == Perspective::debug ? Proportions{58, 62, 58} : Proportions{47, 69, 50};
}

} // namespace

DockArea::DockArea(ActionRegistry &actions, const std::vector<PanelEntry> &entries, QWidget *parent)
    : QMainWindow(parent), m_actions(actions), m_entries(entries) {
    setWindowFlags(Qt::Widget);
    setDockOptions(AnimatedDocks | AllowNestedDocks | AllowTabbedDocks);
    setTabPosition(Qt::AllDockWidgetAreas, QTabWidget::North);
    setDocumentMode(true);
    setContextMenuPolicy(Qt::NoContextMenu);
    // A click on a tab is a wish to work there.
    // Later, because it is not shown yet.
    connect(
        this, &QMainWindow::tabifiedDockWidgetActivated, this,
        [](QDockWidget *activated) {
            if (auto *dock = qobject_cast<PanelDock *>(activated))
                dock->giveFocus();
        },
        Qt::QueuedConnection);
    for (const PanelEntry &entry : m_entries)
        m_docks.push_back(addDock(entry));
    arrange(Perspective::workbench);
}

PanelDock *DockArea::addDock(const PanelEntry &entry) {
    auto *dock = new PanelDock(entry.panel, this);
    connect(dock, &QDockWidget::visibilityChanged, this, &DockArea::scheduleTitleBars);
    connect(dock, &QDockWidget::topLevelChanged, this, &DockArea::scheduleTitleBars);
    connect(dock, &QDockWidget::dockLocationChanged, this, &DockArea::scheduleTitleBars);
    QAction *toggle = m_actions.add({u"view.panel."_s + entry.panel->id(),
                                     entry.text,
                                     entry.shortcut,
                                     {},
                                     u"Bring the panel to the front; hide it when it stands there"_s,
                                     u"Panel: "_s + QString(entry.text).remove(u'&')});
    toggle->setCheckable(true);
    toggle->setChecked(entry.isShown(Perspective::workbench));
    connect(toggle, &QAction::triggered, dock, [dock, toggle] {
        if (dock->isInFront())
            dock->hide();
        else
            dock->bringForward();
        toggle->setChecked(!dock->isHidden());
    });
    connect(dock->toggleViewAction(), &QAction::toggled, toggle, &QAction::setChecked);
    return dock;
}

QList<QAction *> DockArea::panelActions(Perspective perspective) const {
    QList<QAction *> actions;
    for (const PanelEntry &entry : m_entries)
        if ((perspective == Perspective::workbench) == entry.isShown(Perspective::workbench))
            actions << m_actions.find(u"view.panel."_s + entry.panel->id());
    return actions;
}

void DockArea::raisePanel(const Panel &panel) {
    for (PanelDock *dock : m_docks)
        if (&dock->panel() == &panel) {
            dock->show();
            dock->raise();
        }
}

// The first panel that only the debug perspective shows tells which one it is.
Perspective DockArea::perspective() const {
    for (size_t i = 0; i < m_docks.size(); ++i)
        if (m_entries[i].isShown(Perspective::debug) && !m_entries[i].isShown(Perspective::workbench))
            return m_docks[i]->isHidden() ? Perspective::workbench : Perspective::debug;
    return Perspective::workbench;
}

std::vector<PanelDock *> DockArea::docksIn(Quarter quarter, Perspective perspective) const {
    std::vector<PanelDock *> found;
    for (const Tab tab : {Tab::shown, Tab::last, Tab::hidden})
        for (size_t i = 0; i < m_docks.size(); ++i)
            if (const PanelPlace &place = m_entries[i].at(perspective);
                place.quarter == quarter && place.tab == tab)
                found.push_back(m_docks[i]);
    return found;
}

PanelDock *DockArea::front(Quarter quarter, Perspective perspective) const {
    for (const Tab tab : {Tab::shown, Tab::last})
        for (size_t i = 0; i < m_docks.size(); ++i)
            if (const PanelPlace &place = m_entries[i].at(perspective);
                place.quarter == quarter && place.tab == tab)
                return m_docks[i];
    return nullptr;
}

void DockArea::arrange(Perspective perspective) {
    for (PanelDock *dock : m_docks) {
        dock->setFloating(false);
        removeDockWidget(dock); // hides it; all of them shown in one column would make the window grow
        addDockWidget(Qt::LeftDockWidgetArea, dock);
    }
    const auto split = [&](Quarter first, Quarter second, Qt::Orientation orientation) {
        PanelDock *a = front(first, perspective), *b = front(second, perspective);
        if (a && b)
            splitDockWidget(a, b, orientation);
    };
    split(Quarter::leftTop, Quarter::rightTop, Qt::Horizontal);
    split(Quarter::leftTop, Quarter::leftBottom, Qt::Vertical);
    split(Quarter::rightTop, Quarter::rightBottom, Qt::Vertical);
    for (const Quarter quarter : quarters)
        for (PanelDock *dock : docksIn(quarter, perspective))
            if (PanelDock *first = front(quarter, perspective); first && first != dock)
                tabifyDockWidget(first, dock);
    for (size_t i = 0; i < m_docks.size(); ++i)
        m_docks[i]->setVisible(m_entries[i].isShown(perspective));
    for (const Quarter quarter : quarters)
        if (PanelDock *first = front(quarter, perspective))
            first->raise();
    setProportions(perspective);
    scheduleTitleBars();
}

void DockArea::setProportions(Perspective perspective) {
    const auto share = [&](Quarter first, Quarter second, int percent, Qt::Orientation orientation) {
        PanelDock *a = front(first, perspective), *b = front(second, perspective);
        if (a && b)
            resizeDocks({a, b}, {percent, 100 - percent}, orientation);
    };
    const Proportions wanted = proportionsOf(perspective);
    share(Quarter::leftTop, Quarter::rightTop, wanted.left, Qt::Horizontal);
    share(Quarter::leftTop, Quarter::leftBottom, wanted.leftTop, Qt::Vertical);
    share(Quarter::rightTop, Quarter::rightBottom, wanted.rightTop, Qt::Vertical);
    scheduleTitleBars();
}

bool DockArea::restore(const QByteArray &state) {
    if (!restoreState(state, LayoutStore::version))
        return false;
    placeNewDocks();
    scheduleTitleBars();
    return true;
}

// A layout that was stored before there was a panel does not know it: it stands behind the tabs of its
// quarter then.
void DockArea::placeNewDocks() {
    for (size_t i = 0; i < m_docks.size(); ++i) {
        PanelDock *dock = m_docks[i];
        if (dockWidgetArea(dock) != Qt::NoDockWidgetArea || dock->isFloating())
            continue;
        addDockWidget(Qt::LeftDockWidgetArea, dock);
        if (PanelDock *first = front(m_entries[i].workbench.quarter, Perspective::workbench);
            first && first != dock) {
            tabifyDockWidget(first, dock);
            first->raise();
        }
    }
}

// A dock shows its title bar only when no tab shows its title.
void DockArea::scheduleTitleBars() {
    if (std::exchange(m_titleBarsScheduled, true))
        return;
    QTimer::singleShot(0, this, [this] {
        m_titleBarsScheduled = false;
        for (PanelDock *dock : m_docks)
            dock->updateTitleBar(!tabifiedDockWidgets(dock).isEmpty());
    });
}

} // namespace nitroscope::app
