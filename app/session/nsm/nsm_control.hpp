// SPDX-License-Identifier: GPL-2.0-or-later
//
// Breaks and faults of a running machine: what a user asks for becomes QMP's enclave-break-add and
// nsm-fault-add, and after every change the machine is asked what it has now.
#pragma once

#include "app/proto/qmp/client.hpp"
#include "app/proto/qmp/rule_messages.hpp"

#include <QMetaType>
#include <QPointer>
#include <QStringList>

namespace nitroscope::app {

// A rule that stops the machine at NSM requests: of that name ("ExtendPCR"), about that PCR (0..31), answered with
// that error ("ReadOnlyIndex"). What is empty matches everything.
qmp::BreakRule nsmBreak(const QString &request = {}, std::optional<int> pcr = {}, const QString &error = {});

// Words of QMP's NsmFaultKind.
QStringList nsmFaultActions();

// "Break on ExtendPCR of PCR 16"
QString ruleText(const qmp::BreakRule &rule);
QString ruleText(const qmp::FaultRule &rule);

class NsmControl : public QObject {
    Q_OBJECT
public:
    using QObject::QObject;

    void setClient(qmp::Client *client) { m_client = client; }
    void add(const qmp::BreakRule &wanted);
    void add(const qmp::FaultRule &wanted);
    void remove(qmp::MachineRule::Kind kind, quint32 id);
    // Rules that are used up go without an event.
    void refresh();

signals:
    void rulesChanged(const QVector<nitroscope::qmp::MachineRule> &rules);
    void refused(const nitroscope::app::Error &error);

private:
    void change(QLatin1String command, const QJsonObject &arguments);
    void report();

    QPointer<qmp::Client> m_client;
    QVector<qmp::MachineRule> m_breaks, m_faults, m_reported;
};

} // namespace nitroscope::app

Q_DECLARE_METATYPE(nitroscope::qmp::BreakHit)
