// SPDX-License-Identifier: GPL-2.0-or-later
//
// The vsock panel's context menu: the window's commands, and the breaks and faults one wants most for the
// flow that is pointed at. Everything else is in the dialogs.
#include "app/features/vsock/vsock_panel.hpp"
#include "app/ui/actions/menus.hpp"
#include "app/ui/actions/rule_menu.hpp"
#include "app/ui/bars/filter_bar.hpp"
#include "app/ui/bars/filter_menu.hpp"
#include "app/ui/lists/following_table.hpp"

#include <QContextMenuEvent>
#include <QMenu>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;

void VsockPanel::contextMenuEvent(QContextMenuEvent *event) {
    QMenu *menu = makeContextMenu(this);
    fillMenu(*menu);
    menu->popup(event->globalPos());
}

void VsockPanel::fillMenu(QMenu &menu) {
    if (m_packets->hasFocus())
        addFilterMenu(menu, m_packetModel, m_packets->currentIndex(), *m_filter);
    else
        addFilterMenu(menu, m_flowModel, m_flows->currentIndex(), *m_filter);
    addToMenu(menu, m_menuActions);
    menu.addSeparator();
    addRuleMenus(menu);
}

void VsockPanel::addRuleMenus(QMenu &menu) {
    QMenu *breaks = menu.addMenu(u"B&reak on"_s);
    QMenu *faults = menu.addMenu(u"F&ault"_s);
    const qmp::VsockMatch match = chosenMatch();
    const QString where = match.port ? u"Port %1"_s.arg(*match.port) : u"Any Port"_s;
    const auto addBreak = [this, breaks](const QString &text, const qmp::VsockMatch &packet) {
        connect(breaks->addAction(text), &QAction::triggered, this, [this, packet] {
            emit breakWanted({packet, 0, 0, 0, 0});
        });
    };
    qmp::VsockMatch port;
    port.port = match.port;
    qmp::VsockMatch opening = port, payload = port, flow;
    opening.operation = u"request"_s;
    payload.operation = u"rw"_s;
    addBreak(u"New Connections of %1"_s.arg(where), opening);
    addBreak(u"Data of %1"_s.arg(where), payload);
    addBreak(u"Every Packet of %1"_s.arg(where), port);
    if (currentFlow() >= 0)
        if (const quint64 id = m_account.flows()[static_cast<size_t>(currentFlow())].id) {
            flow.flow = id;
            addBreak(u"Every Packet of Flow %1"_s.arg(id), flow);
        }

    const auto addFault = [this, faults](const QString &text, const qmp::VsockFaultRule &rule) {
        connect(faults->addAction(text), &QAction::triggered, this, [this, rule] { emit faultWanted(rule); });
    };
    const auto fault = [](const char *action, const qmp::VsockMatch &packet) {
        qmp::VsockFaultRule rule;
        rule.action = QLatin1String(action);
        rule.packet = packet;
        return rule;
    };
    addFault(u"Refuse Connections of %1"_s.arg(where), fault("refuse", opening));
    qmp::VsockFaultRule delay = fault("delay", port);
    delay.milliseconds = 1000;
    addFault(u"Delay %1 by a Second"_s.arg(where), delay);
    qmp::VsockFaultRule throttle = fault("throttle", payload);
    throttle.rate = 1024;
    addFault(u"Throttle %1 to 1 KiB/s"_s.arg(where), throttle);
    qmp::VsockFaultRule corrupt = fault("corrupt", payload);
    corrupt.count = 1;
    addFault(u"Corrupt the Next Data of %1"_s.arg(where), corrupt);
    addFault(u"Freeze the Credit of %1"_s.arg(where), fault("freeze-credit", port));
    addFault(u"Blackhole %1"_s.arg(where), fault("blackhole", port));
    if (flow.flow) {
        qmp::VsockFaultRule reset = fault("reset", flow);
        reset.count = 1;
        addFault(u"Reset Flow %1"_s.arg(*flow.flow), reset);
    }
    breaks->setEnabled(m_isLive);
    faults->setEnabled(m_isLive);
    QMenu *remove = addRuleRemoval(menu, u"R&emove"_s, m_rules, [this](const qmp::MachineRule &rule) {
        emit ruleRemovalWanted(rule.kind, rule.id);
    });
    if (remove)
        remove->setEnabled(m_isLive);
}

} // namespace nitroscope::app
