// SPDX-License-Identifier: GPL-2.0-or-later
//
// Every command of the window in one table: id, text, shortcut, icon. Menus, toolbar, command palette and the
// shortcut dialog all read it, so no command can exist that is missing in one of them.
#pragma once

#include "app/core/result.hpp"

#include <functional>
#include <initializer_list>
#include <QAction>
#include <QHash>
#include <QKeySequence>
#include <QObject>
#include <vector>

namespace nitroscope::app {

struct ActionEntry {
    QString id;   // "enclave.run"; stable, used in preferences and tests
    QString text; // as in the menu, with mnemonic
    QKeySequence shortcut = {};
    QString icon = {}; // name for icons::named()
    QString help = {}; // status tip and tool tip, one sentence
    // How it is listed away from its menu, where "Log…" alone would say too little; default: the text.
    QString title = {};
};

class ActionRegistry : public QObject {
    Q_OBJECT
public:
    using QObject::QObject;

    QAction *add(const ActionEntry &entry, std::function<void()> triggered);
    QAction *add(const ActionEntry &entry); // without an effect of its own, e.g. checkable ones
    // Enables or disables it; while it is disabled its tool tip also says why.
    void allow(const QString &id, bool isAllowed, const QString &whyNot);
    QAction *find(const QString &id) const { return m_byId.value(id); }
    // In this order; "-" gives nullptr, which addToMenu() in menus.hpp makes a separator.
    QList<QAction *> list(std::initializer_list<const char *> ids) const;
    const std::vector<QAction *> &actions() const { return m_actions; }

    static QString idOf(const QAction *action) { return action->objectName(); }
    // The entry's title, or its text without mnemonic and ellipsis.
    static QString titleOf(const QAction *action);
    QKeySequence defaultShortcut(const QString &id) const { return m_defaults.value(id); }

    // The action that already has the shortcut, or one of which it is the beginning; nullptr when it is free.
    QAction *conflict(const QKeySequence &shortcut, const QAction *except) const;
    // Refused when another action has it.
    Result<void> setShortcut(const QString &id, const QKeySequence &shortcut);
    void resetShortcuts();
    // Those that differ from the default, as portable text by id.
    QHash<QString, QString> changedShortcuts() const;
    // Unknown ids and conflicting shortcuts are skipped.
    void restoreShortcuts(const QHash<QString, QString> &shortcuts);

private:
    std::vector<QAction *> m_actions;
    QHash<QString, QAction *> m_byId;
    QHash<QString, QKeySequence> m_defaults;
};

} // namespace nitroscope::app
