// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/ui/actions/action_registry.hpp"

#include "app/ui/theme/icons.hpp"

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;
namespace {

constexpr const char *titleProperty = "nitroscopeTitle";
constexpr const char *tipProperty = "nitroscopeTip"; // of the action when it is enabled

} // namespace

QAction *ActionRegistry::add(const ActionEntry &entry) {
    Q_ASSERT_X(!m_byId.contains(entry.id), "ActionRegistry", "two actions with one id");
    auto *action = new QAction(icons::named(entry.icon), entry.text, this);
    action->setObjectName(entry.id);
    action->setShortcut(entry.shortcut);
    action->setProperty(titleProperty, entry.title);
    action->setIconText(QLatin1Char(' ') + titleOf(action)); // air between icon and text in the toolbar
    action->setStatusTip(entry.help);
    const QString tip = entry.help.isEmpty() ? titleOf(action) : entry.help;
    action->setToolTip(entry.shortcut.isEmpty()
                           ? tip
                           : u"%1 (%2)"_s.arg(tip, entry.shortcut.toString(QKeySequence::NativeText)));
    action->setProperty(tipProperty, action->toolTip());
    m_actions.push_back(action);
    m_byId.insert(entry.id, action);
    m_defaults.insert(entry.id, entry.shortcut);
    return action;
}

QAction *ActionRegistry::add(const ActionEntry &entry, std::function<void()> triggered) {
    QAction *action = add(entry);
    connect(action, &QAction::triggered, this, [triggered = std::move(triggered)] { triggered(); });
    return action;
}

void ActionRegistry::allow(const QString &id, bool isAllowed, const QString &whyNot) {
    QAction *action = find(id);
    action->setEnabled(isAllowed);
    const QString tip = action->property(tipProperty).toString();
    action->setToolTip(isAllowed || whyNot.isEmpty() ? tip : tip + u'\n' + whyNot);
}

QList<QAction *> ActionRegistry::list(std::initializer_list<const char *> ids) const {
    QList<QAction *> actions;
    for (const char *id : ids)
        actions << (*id == '-' ? nullptr : find(QLatin1String(id)));
    return actions;
}

QString ActionRegistry::titleOf(const QAction *action) {
    QString title = action->property(titleProperty).toString();
    if (!title.isEmpty())
        return title;
    title = action->text();
    title.remove(QLatin1Char('&'));
    title.remove(QChar(0x2026));
    return title;
}

QAction *ActionRegistry::conflict(const QKeySequence &shortcut, const QAction *except) const {
    if (shortcut.isEmpty())
        return nullptr;
    for (QAction *action : m_actions) {
        const QKeySequence other = action->shortcut();
        if (action == except || other.isEmpty())
            continue;
        if (shortcut.matches(other) != QKeySequence::NoMatch ||
            other.matches(shortcut) != QKeySequence::NoMatch)
            return action;
    }
    return nullptr;
}

Result<void> ActionRegistry::setShortcut(const QString &id, const QKeySequence &shortcut) {
    QAction *action = find(id);
    if (!action)
        return failure(u"unknown-action"_s, u"There is no action “%1”."_s.arg(id));
    if (const QAction *other = conflict(shortcut, action))
        return failure(u"shortcut-taken"_s, u"%1 is the shortcut of “%2”."_s.arg(
                                                shortcut.toString(QKeySequence::NativeText), titleOf(other)));
    action->setShortcut(shortcut);
    return {};
}

void ActionRegistry::resetShortcuts() {
    for (QAction *action : m_actions)
        action->setShortcut(m_defaults.value(idOf(action)));
}

QHash<QString, QString> ActionRegistry::changedShortcuts() const {
    QHash<QString, QString> changed;
    for (const QAction *action : m_actions)
        if (action->shortcut() != m_defaults.value(idOf(action)))
            changed.insert(idOf(action), action->shortcut().toString(QKeySequence::PortableText));
    return changed;
}

void ActionRegistry::restoreShortcuts(const QHash<QString, QString> &shortcuts) {
    // First free the changed ones, so that two actions may have swapped theirs.
    for (auto it = shortcuts.cbegin(); it != shortcuts.cend(); ++it)
        if (QAction *action = find(it.key()))
            action->setShortcut({});
    for (auto it = shortcuts.cbegin(); it != shortcuts.cend(); ++it) {
        const QKeySequence shortcut = QKeySequence::fromString(it.value(), QKeySequence::PortableText);
        if (!setShortcut(it.key(), shortcut) && find(it.key()))
            find(it.key())->setShortcut(m_defaults.value(it.key()));
    }
}

} // namespace nitroscope::app
