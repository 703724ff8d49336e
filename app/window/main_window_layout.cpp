// SPDX-License-Identifier: GPL-2.0-or-later
//
// Arranging the docks: the layout it comes with, named layouts, and the one of the last run.
#include "app/window/main_window.hpp"

#include "app/ui/panel/panel.hpp"
#include "app/ui/panel/panel_dock.hpp"

#include <QInputDialog>
#include <QLabel>
#include <QMenu>
#include <QTimer>

namespace nitroscope::app {
namespace {

const QString lastLayout = QStringLiteral("(last)"); // saved when closing, not listed

} // namespace

PanelDock *MainWindow::dock(const char *id) const {
    for (PanelDock *candidate : m_docks)
        if (candidate->panel().id() == QLatin1String(id))
            return candidate;
    return nullptr;
}

// A layout that was stored before there was a panel does not know it: it stands behind another one's tab
// then.
void MainWindow::placeNewDocks() {
    for (PanelDock *each : m_docks) {
        if (m_area->dockWidgetArea(each) != Qt::NoDockWidgetArea || each->isFloating())
            continue;
        m_area->addDockWidget(Qt::LeftDockWidgetArea, each);
        m_area->tabifyDockWidget(dock("pcrs"), each);
        dock("pcrs")->raise();
    }
}

PanelDock *MainWindow::addDock(Panel *panel) {
    auto *frame = new PanelDock(panel, m_area);
    m_docks.push_back(frame);
    connect(frame, &QDockWidget::visibilityChanged, this, &MainWindow::scheduleTitleBars);
    connect(frame, &QDockWidget::topLevelChanged, this, &MainWindow::scheduleTitleBars);
    connect(frame, &QDockWidget::dockLocationChanged, this, &MainWindow::scheduleTitleBars);
    // View › Panels shows and hides them through the registry, so that each has a shortcut and a place in
    // the palette.
    QAction *toggle = m_actions.find(QStringLiteral("view.panel.") + panel->id());
    connect(toggle, &QAction::triggered, frame, [frame](bool on) {
        frame->setVisible(on);
        if (on) {
            frame->raise();
            frame->panel().setFocus();
        }
    });
    connect(frame->toggleViewAction(), &QAction::toggled, toggle, &QAction::setChecked);
    return frame;
}

void MainWindow::arrangeDefault() {
    for (PanelDock *each : m_docks) {
        each->setFloating(false);
        m_area->addDockWidget(Qt::LeftDockWidgetArea, each);
        each->show();
    }
    // Left: the file above what the firmware did with it. Right: console above what the devices saw.
    m_area->splitDockWidget(dock("eif"), dock("console"), Qt::Horizontal);
    m_area->splitDockWidget(dock("eif"), dock("boot"), Qt::Vertical);
    m_area->splitDockWidget(dock("console"), dock("pcrs"), Qt::Vertical);
    for (const char *id : {"nsm", "vsock", "timeline", "log"})
        m_area->tabifyDockWidget(dock("pcrs"), dock(id));
    m_area->tabifyDockWidget(dock("eif"), dock("attestation"));
    placeDebugDocks();
    dock("eif")->raise();
    dock("pcrs")->raise();
    setDefaultProportions();
}

void MainWindow::setDefaultProportions() {
    m_area->resizeDocks({dock("eif"), dock("console")}, {47, 53}, Qt::Horizontal);
    m_area->resizeDocks({dock("eif"), dock("boot")}, {69, 31}, Qt::Vertical);
    m_area->resizeDocks({dock("console"), dock("pcrs")}, {50, 50}, Qt::Vertical);
}

void MainWindow::resetLayout() {
    if (perspective() == Perspective::debug) {
        resetTo(Perspective::debug);
        return;
    }
    if (!m_area->restoreState(m_defaultDocks, LayoutStore::version))
        arrangeDefault();
    // The stored state was taken before the window had its size; proportions are what matters.
    setDefaultProportions();
    scheduleTitleBars();
}

// A dock shows its title bar only when no tab shows its title.
void MainWindow::scheduleTitleBars() {
    if (std::exchange(m_titleBarsScheduled, true))
        return;
    QTimer::singleShot(0, this, [this] {
        m_titleBarsScheduled = false;
        for (PanelDock *each : m_docks)
            each->updateTitleBar(!m_area->tabifiedDockWidgets(each).isEmpty());
    });
}

QString MainWindow::layoutFile() const {
    return m_preferences.folder() + QStringLiteral("/layouts.json");
}

WindowLayout MainWindow::currentLayout(const QString &name) const {
    WindowLayout layout{name, saveGeometry(), m_area->saveState(LayoutStore::version), {}};
    for (const PanelDock *each : m_docks)
        layout.panels[each->panel().id()] = each->panel().viewState();
    return layout;
}

bool MainWindow::applyLayout(const WindowLayout &layout) {
    if (!m_area->restoreState(layout.docks, LayoutStore::version))
        return false;
    placeNewDocks();
    if (!layout.geometry.isEmpty())
        restoreGeometry(layout.geometry);
    for (PanelDock *each : m_docks)
        each->panel().restoreViewState(layout.panels[each->panel().id()].toObject());
    scheduleTitleBars();
    return true;
}

void MainWindow::loadStoredLayouts() {
    auto store = LayoutStore::load(layoutFile());
    if (!store) {
        say(LogLevel::warning, store.error().text() + QStringLiteral(" The default layout is used."));
        return;
    }
    m_layouts = std::move(*store);
    if (const WindowLayout *last = m_layouts.find(lastLayout))
        applyLayout(*last);
    fillLayoutMenu();
}

void MainWindow::storeLayouts() {
    if (const auto saved = m_layouts.save(layoutFile()); !saved)
        say(LogLevel::warning, saved.error().text());
    fillLayoutMenu();
}

void MainWindow::putLayout(const QString &name) {
    m_layouts.put(currentLayout(name));
    storeLayouts();
}

void MainWindow::saveLayoutAs() {
    auto *dialog = new QInputDialog(this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setWindowTitle(QStringLiteral("Save Layout"));
    dialog->setLabelText(QStringLiteral("Name of the layout"));
    connect(dialog, &QInputDialog::textValueSelected, this, [this](const QString &text) {
        if (const QString name = text.trimmed(); !name.isEmpty() && !name.startsWith(QLatin1Char('(')))
            putLayout(name);
    });
    dialog->open();
}

void MainWindow::fillLayoutMenu() {
    m_layoutMenu->clear();
    m_layoutMenu->addAction(m_actions.find(QStringLiteral("view.layout.workbench")));
    m_layoutMenu->addAction(m_actions.find(QStringLiteral("view.layout.debug")));
    m_layoutMenu->addSeparator();
    int named = 0;
    for (const WindowLayout &layout : m_layouts.layouts()) {
        if (layout.name.startsWith(QLatin1Char('('))) // the window's own, e.g. lastLayout
            continue;
        ++named;
        QString label = layout.name;
        QMenu *menu = m_layoutMenu->addMenu(label.replace(QLatin1Char('&'), QStringLiteral("&&")));
        connect(menu->addAction(QStringLiteral("&Use")), &QAction::triggered, this,
                [this, name = layout.name] {
                    if (const WindowLayout *chosen = m_layouts.find(name))
                        applyLayout(*chosen);
                });
        connect(menu->addAction(QStringLiteral("&Replace with the Present Arrangement")), &QAction::triggered,
                this, [this, name = layout.name] { putLayout(name); });
        connect(menu->addAction(QStringLiteral("&Delete")), &QAction::triggered, this,
                [this, name = layout.name] {
                    m_layouts.remove(name);
                    // Not now: the menu that is being used would be destroyed.
                    QTimer::singleShot(0, this, &MainWindow::storeLayouts);
                });
    }
    if (named > 0)
        m_layoutMenu->addSeparator();
    m_layoutMenu->addAction(m_actions.find(QStringLiteral("view.saveLayout")));
    m_layoutMenu->addAction(m_actions.find(QStringLiteral("view.resetLayout")));
}

} // namespace nitroscope::app
