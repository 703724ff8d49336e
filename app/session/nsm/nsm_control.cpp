// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/session/nsm/nsm_control.hpp"

#include "nsm-device/core/nsm_protocol.h"

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;
namespace {

// "ExtendPCR of PCR 16", "every request", "Attestation answered with InternalError".
QString whatText(const QString &request, const std::optional<int> &pcr, const QString &error) {
    QString text = request.isEmpty() ? u"every request"_s : request;
    if (pcr)
        text += u" of PCR %1"_s.arg(*pcr);
    if (!error.isEmpty())
        text += u" answered with "_s + error;
    return text;
}

} // namespace

QStringList nsmFaultActions() {
    QStringList words;
    for (int action = 0; action < NSM_FAULT_ACTIONS; ++action)
        words << QLatin1String(nsm_fault_action_name(static_cast<NsmFaultAction>(action)));
    return words;
}

qmp::BreakRule nsmBreak(const QString &request, std::optional<int> pcr, const QString &error) {
    return {u"nsm"_s, {}, request, error, pcr, 0, 0};
}

QString ruleText(const qmp::BreakRule &rule) {
    if (rule.source != "nsm"_L1)
        return u"Break on %1 %2"_s.arg(rule.source, rule.stage).trimmed();
    return u"Break on "_s + whatText(rule.request, rule.pcr, rule.error);
}

QString ruleText(const qmp::FaultRule &rule) {
    QString text = u"Fault: %1 on %2"_s.arg(rule.action, whatText(rule.request, rule.pcr, {}));
    if (!rule.error.isEmpty())
        text += u", "_s + rule.error;
    if (rule.milliseconds)
        text += u", %1 ms"_s.arg(*rule.milliseconds);
    if (rule.count > 0)
        text += u", %1×"_s.arg(rule.count);
    return text;
}

void NsmControl::add(const qmp::BreakRule &wanted) {
    change(qmp::breakAddCommand, qmp::toArguments(wanted));
}

void NsmControl::add(const qmp::FaultRule &wanted) {
    change(qmp::nsmFaultAddCommand, qmp::toArguments(wanted));
}

void NsmControl::remove(qmp::MachineRule::Kind kind, quint32 id) {
    change(kind == qmp::MachineRule::Kind::breakpoint ? qmp::breakRemoveCommand : qmp::nsmFaultRemoveCommand,
           {{u"id"_s, static_cast<qint64>(id)}});
}

void NsmControl::change(QLatin1String command, const QJsonObject &arguments) {
    if (!m_client) {
        emit refused({u"not-running"_s,
                      u"Breaks and faults can be set while an enclave runs or is paused."_s,
                      std::nullopt,
                      {}});
        return;
    }
    m_client->execute(command, arguments, this, [this](const qmp::Client::Reply &reply) {
        if (!reply)
            emit refused(reply.error());
        refresh();
    });
}

void NsmControl::refresh() {
    if (!m_client)
        return;
    m_client->execute(qmp::breakListCommand, {}, this, [this](const qmp::Client::Reply &reply) {
        if (const auto rules = reply.and_then(qmp::readBreakRules)) {
            m_breaks.clear();
            for (const qmp::BreakRule &rule : *rules)
                if (rule.source != "vsock"_L1) // VsockControl's
                    m_breaks.append({qmp::MachineRule::Kind::breakpoint, rule.id, ruleText(rule), rule.hits});
        }
    });
    m_client->execute(qmp::nsmFaultListCommand, {}, this, [this](const qmp::Client::Reply &reply) {
        if (const auto rules = reply.and_then(qmp::readFaultRules)) {
            m_faults.clear();
            for (const qmp::FaultRule &rule : *rules)
                m_faults.append({qmp::MachineRule::Kind::fault, rule.id, ruleText(rule), rule.hits});
        }
        report(); // the second answer: both are fresh
    });
}

void NsmControl::report() {
    const QVector<qmp::MachineRule> all = m_breaks + m_faults;
    if (std::exchange(m_reported, all) != all)
        emit rulesChanged(all);
}

} // namespace nitroscope::app
