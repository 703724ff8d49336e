// SPDX-License-Identifier: GPL-2.0-or-later
//
// The part of a context menu that takes breaks and faults off the machine, whichever device they are of.
#pragma once

#include "app/proto/qmp/rule_messages.hpp"

#include <functional>

class QMenu;

namespace nitroscope::app {

// Adds a menu with an entry for each rule; nullptr and nothing when there is none.
QMenu *addRuleRemoval(QMenu &menu, const QString &title, const QVector<qmp::MachineRule> &rules,
                      const std::function<void(const qmp::MachineRule &)> &remove);

} // namespace nitroscope::app
