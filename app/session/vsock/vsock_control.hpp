// SPDX-License-Identifier: GPL-2.0-or-later
//
// The vsock device of a running machine: breaks, faults and routes while it runs, and its flow table. After
// every change the machine is asked what it has now. Like NsmControl, but it outlives the runs: a session
// tells it where to send, and what was set ends with the run.
#pragma once

#include "app/proto/qmp/client.hpp"
#include "app/proto/qmp/rule_messages.hpp"
#include "app/proto/qmp/vsock_messages.hpp"

#include <functional>
#include <QMetaType>
#include <QObject>

namespace nitroscope::app {

// "packets to the guest of port 8000"; "every packet" without a condition.
QString matchText(const qmp::VsockMatch &match);
// "Fault: delay 200 ms, packets to the guest of port 8000"
QString ruleText(const qmp::VsockBreakRule &rule);
QString ruleText(const qmp::VsockFaultRule &rule);

class VsockControl : public QObject {
    Q_OBJECT
public:
    // Sends a command to the machine; the answer may come at once or later, or never when the run ends.
    using Answer = std::function<void(const qmp::Client::Reply &)>;
    using Sender = std::function<void(QLatin1String, const QJsonObject &, Answer)>;

    using QObject::QObject;

    // Nothing: no enclave runs. What was set is forgotten.
    void setSender(Sender sender);
    bool isConnected() const { return static_cast<bool>(m_sender); }

    void add(const qmp::VsockBreakRule &wanted);
    void add(const qmp::VsockFaultRule &wanted);
    void remove(qmp::MachineRule::Kind kind, quint32 id);
    // Of what draws lots: chance, jitter, the bit to flip.
    void setSeed(quint64 seed);
    void addRoute(const qmp::VsockRoute &route);
    void removeRoute(const qmp::VsockRoute &route);
    void resetTransport();
    // Rules that act count their hits without an event.
    void refresh();
    // Asks for the flow table; infoChanged() follows. One question at a time.
    void query();

    const QVector<qmp::MachineRule> &rules() const { return m_reported; }
    const QVector<qmp::VsockRoute> &routes() const { return m_routes; }

signals:
    void rulesChanged(const QVector<nitroscope::qmp::MachineRule> &rules);
    void routesChanged(const QVector<nitroscope::qmp::VsockRoute> &routes);
    void infoChanged(const nitroscope::qmp::VsockInfo &info);
    void refused(const nitroscope::app::Error &error);

private:
    void change(QLatin1String command, const QJsonObject &arguments);
    void report();

    Sender m_sender;
    QVector<qmp::MachineRule> m_breaks, m_faults, m_reported;
    QVector<qmp::VsockRoute> m_routes;
    bool m_isQuerying = false;
};

} // namespace nitroscope::app

Q_DECLARE_METATYPE(nitroscope::qmp::VsockRoute)
Q_DECLARE_METATYPE(nitroscope::qmp::VsockInfo)
