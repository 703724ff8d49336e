// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/window/window_layouts.hpp"

#include "app/frame/frame.hpp"
#include "app/ui/panel/panel.hpp"
#include "app/ui/panel/panel_dock.hpp"
#include "app/window/dock_area.hpp"

#include <QInputDialog>
#include <QMainWindow>
#include <QMenu>
#include <QTimer>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;

namespace {

// The window's own layouts have names in parentheses and are not listed.
const QString lastLayout = u"(last)"_s;

bool isListed(const QString &name) {
    return !name.startsWith(u'(');
}

QString storedName(Perspective perspective) {
    return perspective == Perspective::debug ? u"(debug)"_s : u"(workbench)"_s;
}

} // namespace

WindowLayouts::WindowLayouts(Frame &frame, QMainWindow &window) : m_frame(frame), m_window(window) {
    registerCommands();
}

void WindowLayouts::registerCommands() {
    using K = QKeySequence;
    ActionRegistry &actions = m_frame.actions();
    actions.add({u"view.layout.workbench"_s,
                 u"&Workbench"_s,
                 K(u"Ctrl+Shift+W"_s),
                 {},
                 u"The arrangement for running enclaves"_s,
                 u"Workbench Layout"_s},
                [this] { use(Perspective::workbench); });
    actions.add({u"view.layout.debug"_s,
                 u"&Debug"_s,
                 K(u"Ctrl+Shift+D"_s),
                 {},
                 u"The arrangement for debugging"_s,
                 u"Debug Layout"_s},
                [this] { use(Perspective::debug); });
    actions.add(
        {u"view.saveLayout"_s, u"&Save Layout As…"_s, {}, u"save"_s, u"Keep this arrangement under a name"_s},
        [this] { askName(); });
    actions.add({u"view.resetLayout"_s,
                 u"&Reset Layout"_s,
                 {},
                 u"reset"_s,
                 u"Back to the arrangement it came with"_s},
                [this] { reset(); });
}

void WindowLayouts::manage(DockArea &area, QMenu &menu) {
    m_area = &area;
    m_menu = &menu;
    m_defaultDocks = area.saveState(LayoutStore::version);
    load();
}

QString WindowLayouts::file() const {
    return m_frame.preferences().folder() + u"/layouts.json"_s;
}

void WindowLayouts::load() {
    if (auto stored = LayoutStore::load(file())) {
        m_store = std::move(*stored);
        if (const WindowLayout *last = m_store.find(lastLayout))
            apply(*last);
    } else {
        m_frame.say(LogLevel::warning, stored.error().text() + u" The default layout is used."_s);
    }
    fillMenu();
}

void WindowLayouts::store() {
    if (const auto saved = m_store.save(file()); !saved)
        m_frame.say(LogLevel::warning, saved.error().text());
    fillMenu();
}

WindowLayout WindowLayouts::current(const QString &name) const {
    WindowLayout layout{name, m_window.saveGeometry(), m_area->saveState(LayoutStore::version), {}};
    for (const PanelDock *dock : m_area->docks())
        layout.panels[dock->panel().id()] = dock->panel().viewState();
    return layout;
}

bool WindowLayouts::apply(const WindowLayout &layout) {
    if (!m_area->restore(layout.docks))
        return false;
    if (!layout.geometry.isEmpty())
        m_window.restoreGeometry(layout.geometry);
    restorePanels(layout);
    return true;
}

void WindowLayouts::restorePanels(const WindowLayout &layout) {
    for (PanelDock *dock : m_area->docks())
        dock->panel().restoreViewState(layout.panels[dock->panel().id()].toObject());
}

void WindowLayouts::reset() {
    const Perspective now = m_area->perspective();
    if (now == Perspective::debug || !m_area->restoreState(m_defaultDocks, LayoutStore::version))
        m_area->arrange(now);
    // The stored state was taken before the window had its size; proportions are what matters.
    m_area->setProportions(now);
}

void WindowLayouts::use(Perspective wanted) {
    const Perspective now = m_area->perspective();
    if (now == wanted)
        return;
    m_store.put(current(storedName(now)));
    const WindowLayout *stored = m_store.find(storedName(wanted));
    // The window's own size and place are not part of it.
    if (!stored || !m_area->restore(stored->docks)) {
        m_area->arrange(wanted);
        return;
    }
    restorePanels(*stored);
    if (m_area->perspective() != wanted)
        m_area->arrange(wanted);
}

void WindowLayouts::saveLast() {
    put(lastLayout);
}

void WindowLayouts::put(const QString &name) {
    m_store.put(current(name));
    store();
}

void WindowLayouts::askName() {
    auto *dialog = new QInputDialog(&m_window);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setWindowTitle(u"Save Layout"_s);
    dialog->setLabelText(u"Name of the layout"_s);
    connect(dialog, &QInputDialog::textValueSelected, this, [this](const QString &text) {
        if (const QString name = text.trimmed(); !name.isEmpty() && isListed(name))
            put(name);
    });
    dialog->open();
}

void WindowLayouts::fillMenu() {
    m_menu->clear();
    m_menu->addAction(m_frame.action("view.layout.workbench"));
    m_menu->addAction(m_frame.action("view.layout.debug"));
    m_menu->addSeparator();
    for (const WindowLayout &layout : m_store.layouts())
        if (isListed(layout.name))
            addToMenu(layout);
    m_menu->addSeparator(); // two in a row are shown as one
    m_menu->addAction(m_frame.action("view.saveLayout"));
    m_menu->addAction(m_frame.action("view.resetLayout"));
}

void WindowLayouts::addToMenu(const WindowLayout &layout) {
    QString label = layout.name;
    QMenu *menu = m_menu->addMenu(label.replace(u'&', u"&&"_s));
    connect(menu->addAction(u"&Use"_s), &QAction::triggered, this, [this, name = layout.name] {
        if (const WindowLayout *chosen = m_store.find(name))
            apply(*chosen);
    });
    connect(menu->addAction(u"&Replace with the Current Arrangement"_s), &QAction::triggered, this,
            [this, name = layout.name] { put(name); });
    connect(menu->addAction(u"&Delete"_s), &QAction::triggered, this, [this, name = layout.name] {
        m_store.remove(name);
        // Not now: the menu that is being used would be destroyed.
        QTimer::singleShot(0, this, &WindowLayouts::store);
    });
}

} // namespace nitroscope::app
