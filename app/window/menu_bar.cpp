// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/window/menu_bar.hpp"

#include "app/ui/actions/action_registry.hpp"
#include "app/ui/actions/menus.hpp"
#include "app/window/dock_area.hpp"

#include <QMenuBar>
#include <QSet>
#include <QToolBar>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;

namespace {

class MenuFiller {
public:
    MenuFiller(QMenuBar &bar, const ActionRegistry &actions, const std::vector<MenuEntry> &entries)
        : m_bar(bar), m_actions(actions), m_entries(entries) {}

    QMenu *file();
    void edit();
    void enclave();
    QMenu *view(const DockArea &area);
    void help();
    // One that features fill alone; none when nobody does.
    void own(const QString &title, MenuPlace place);

private:
    void add(QMenu &menu, std::initializer_list<const char *> ids) const {
        addToMenu(menu, m_actions.list(ids));
    }
    void add(QMenu &menu, MenuPlace place) const;

    QMenuBar &m_bar;
    const ActionRegistry &m_actions;
    const std::vector<MenuEntry> &m_entries;
};

void MenuFiller::add(QMenu &menu, MenuPlace place) const {
    for (const MenuEntry &entry : m_entries)
        if (entry.place == place)
            addToMenu(entry.submenu.isEmpty() ? menu : *menu.addMenu(entry.submenu), entry.actions);
}

QMenu *MenuFiller::file() {
    QMenu &menu = *m_bar.addMenu(u"&File"_s);
    add(menu, {"file.open", "file.openCapture"});
    add(menu, MenuPlace::open);
    QMenu *recent = menu.addMenu(u"Open &Recent"_s);
    add(menu, {"-", "file.saveCapture", "file.recordCapture", "file.cancelCapture", "-"});
    QMenu &exports = *menu.addMenu(u"&Export"_s);
    add(exports, MenuPlace::exports);
    add(exports, {"file.exportTable", "file.exportBytes", "file.exportPicture"});
    add(menu, {"-", "file.quit"});
    return recent;
}

void MenuFiller::edit() {
    QMenu &menu = *m_bar.addMenu(u"&Edit"_s);
    add(menu, {"edit.copy", "edit.copyValue"});
    add(*menu.addMenu(u"Copy Bytes A&s"_s),
        {"edit.copyHex", "edit.copyDump", "edit.copyArray", "edit.copyRust", "edit.copyText"});
    add(menu, MenuPlace::copy);
    add(menu, MenuPlace::paste);
    add(menu, {"edit.selectAll", "-", "edit.find"});
    add(menu, MenuPlace::find);
    add(menu, {"edit.findNext", "edit.findPrevious"});
    add(menu, MenuPlace::goTo);
    menu.addSeparator();
    add(menu, MenuPlace::clear);
}

void MenuFiller::enclave() {
    QMenu &menu = *m_bar.addMenu(u"E&nclave"_s);
    add(menu, {"enclave.run", "enclave.runDebug", "enclave.pause", "enclave.resume", "enclave.reset",
               "enclave.stop", "enclave.restart", "-", "enclave.copyGdb", "enclave.copyFacts", "-"});
    add(menu, MenuPlace::options);
    menu.addSeparator();
    add(menu, MenuPlace::enclave);
}

QMenu *MenuFiller::view(const DockArea &area) {
    QMenu &menu = *m_bar.addMenu(u"&View"_s);
    addToMenu(menu, area.panelActions(Perspective::workbench));
    menu.addSeparator();
    add(menu, MenuPlace::view);
    addToMenu(*menu.addMenu(u"&Debugger Panels"_s), area.panelActions(Perspective::debug));
    QMenu *layouts = menu.addMenu(u"La&youts"_s);
    add(*menu.addMenu(u"&Appearance"_s),
        {"view.appearance.system", "view.appearance.light", "view.appearance.dark"});
    add(menu, {"-", "view.fullScreen"});
    return layouts;
}

void MenuFiller::help() {
    add(*m_bar.addMenu(u"&Help"_s), {"help.commands", "help.shortcuts", "-", "help.about"});
}

void MenuFiller::own(const QString &title, MenuPlace place) {
    QMenu &menu = *m_bar.addMenu(title);
    add(menu, place);
    menu.menuAction()->setVisible(!menu.isEmpty());
}

QChar mnemonicOf(const QString &text) {
    const qsizetype at = text.indexOf(u'&');
    return at >= 0 && at + 1 < text.size() ? text[at + 1].toLower() : QChar();
}

// Each entry of a menu answers to a letter of its own: features choose theirs without knowing the others'.
void separateMnemonics(const QMenu &menu) {
    QSet<QChar> taken;
    QList<QAction *> without;
    const QList<QAction *> actions = menu.actions();
    for (QAction *action : actions) {
        if (action->menu())
            separateMnemonics(*action->menu());
        if (action->isSeparator())
            continue;
        const QChar letter = mnemonicOf(action->text());
        if (letter.isNull() || taken.contains(letter))
            without << action;
        else
            taken.insert(letter);
    }
    for (QAction *action : std::as_const(without)) {
        QString text = action->text().remove(u'&');
        // The beginning of a word, if one is free.
        const auto isFree = [&](qsizetype at) {
            return text[at].isLetterOrNumber() && !taken.contains(text[at].toLower());
        };
        qsizetype best = 0;
        while (best < text.size() && !(isFree(best) && (best == 0 || text[best - 1].isSpace())))
            ++best;
        for (qsizetype at = 0; best == text.size() && at < text.size(); ++at)
            if (isFree(at))
                best = at;
        if (best < text.size()) {
            taken.insert(text[best].toLower());
            text.insert(best, u'&');
        }
        action->setText(text);
    }
}

} // namespace

OpenMenus fillMenuBar(QMenuBar &bar, const ActionRegistry &actions, const std::vector<MenuEntry> &entries,
                      const DockArea &area) {
    MenuFiller filler(bar, actions, entries);
    OpenMenus open{};
    open.recent = filler.file();
    filler.edit();
    filler.own(u"E&IF"_s, MenuPlace::image);
    filler.enclave();
    filler.own(u"&Debug"_s, MenuPlace::debug);
    filler.own(u"&Traffic"_s, MenuPlace::traffic);
    open.layouts = filler.view(area);
    filler.help();
    const QList<QAction *> menus = bar.actions();
    for (const QAction *action : menus)
        separateMnemonics(*action->menu());
    return open;
}

void fillToolBar(QToolBar &bar, const ActionRegistry &actions, const std::vector<MenuEntry> &entries) {
    bar.addAction(actions.find(u"file.open"_s));
    bar.addSeparator();
    bar.addActions(
        actions.list({"enclave.run", "enclave.pause", "enclave.resume", "enclave.reset", "enclave.stop"}));
    bar.addSeparator();
    for (const MenuEntry &entry : entries)
        if (entry.place == MenuPlace::toolBar)
            bar.addActions(entry.actions);
}

} // namespace nitroscope::app
