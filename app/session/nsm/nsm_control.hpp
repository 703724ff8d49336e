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

// Stop the machine at an NSM request. Empty members match everything.
struct NsmBreak {
    QString kind;           // "ExtendPCR"
    std::optional<int> pcr; // 0..31
    QString error;          // "ReadOnlyIndex": stop at answers with it
};

// Answer an NSM request otherwise than by the book.
struct NsmFault {
    QString kind; // "Attestation"; empty: every request
    std::optional<int> pcr;
    QString action;                      // one of nsmFaultActions()
    QString error;                       // with action "error"
    std::optional<quint64> milliseconds; // with "delay" and "stale-timestamp"
    quint64 count = 0;                   // how often; 0 = until removed
};

// Words of QMP's NsmFaultKind.
QStringList nsmFaultActions();

// A break or fault that is set in the machine.
struct NsmRule {
    enum class Kind { breakpoint, fault } kind = Kind::breakpoint;
    quint32 id = 0;
    QString text; // "Break on ExtendPCR of PCR 16"
    quint64 hits = 0;
    bool operator==(const NsmRule &) const = default;
};
QString ruleText(const qmp::BreakRule &rule);
QString ruleText(const qmp::FaultRule &rule);

class NsmControl : public QObject {
    Q_OBJECT
public:
    using QObject::QObject;

    void setClient(qmp::Client *client) { m_client = client; }
    void add(const NsmBreak &wanted);
    void add(const NsmFault &wanted);
    void remove(NsmRule::Kind kind, quint32 id);
    // Rules that are used up go without an event.
    void refresh();

signals:
    void rulesChanged(const QVector<nitroscope::app::NsmRule> &rules);
    void refused(const nitroscope::app::Error &error);

private:
    void change(QLatin1String command, const QJsonObject &arguments);
    void report();

    QPointer<qmp::Client> m_client;
    QVector<NsmRule> m_breaks, m_faults, m_reported;
};

} // namespace nitroscope::app

Q_DECLARE_METATYPE(nitroscope::app::NsmBreak)
Q_DECLARE_METATYPE(nitroscope::app::NsmFault)
Q_DECLARE_METATYPE(nitroscope::app::NsmRule)
Q_DECLARE_METATYPE(nitroscope::qmp::BreakHit)
