// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/ui/actions/rule_menu.hpp"

#include <QMenu>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;

QMenu *addRuleRemoval(QMenu &menu, const QString &title, const QVector<qmp::MachineRule> &rules,
                      const std::function<void(const qmp::MachineRule &)> &remove) {
    if (rules.isEmpty())
        return nullptr;
    QMenu *removal = menu.addMenu(title);
    for (const qmp::MachineRule &rule : rules)
        QObject::connect(
            removal->addAction(rule.hits > 0 ? u"%1 (%2×)"_s.arg(rule.text).arg(rule.hits) : rule.text),
            &QAction::triggered, removal, [remove, rule] { remove(rule); });
    return removal;
}

} // namespace nitroscope::app
