// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/session/nsm/nsm_control.hpp"

#include "nsm-device/core/nsm_protocol.h"

namespace nitroscope::app {
namespace {

// "ExtendPCR of PCR 16", "every request", "Attestation answered with InternalError".
QString whatText(const QString &request, const std::optional<int> &pcr, const QString &error) {
    QString text = request.isEmpty() ? QStringLiteral("every request") : request;
    if (pcr)
        text += QStringLiteral(" of PCR %1").arg(*pcr);
    if (!error.isEmpty())
        text += QStringLiteral(" answered with ") + error;
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
    return {QStringLiteral("nsm"), {}, request, error, pcr, 0, 0};
}

QString ruleText(const qmp::BreakRule &rule) {
    if (rule.source != QLatin1String("nsm"))
        return QStringLiteral("Break on %1 %2").arg(rule.source, rule.stage).trimmed();
    return QStringLiteral("Break on ") + whatText(rule.request, rule.pcr, rule.error);
}

QString ruleText(const qmp::FaultRule &rule) {
    QString text = QStringLiteral("Fault: %1 on %2").arg(rule.action, whatText(rule.request, rule.pcr, {}));
    if (!rule.error.isEmpty())
        text += QStringLiteral(", ") + rule.error;
    if (rule.milliseconds)
        text += QStringLiteral(", %1 ms").arg(*rule.milliseconds);
    if (rule.count > 0)
        text += QStringLiteral(", %1×").arg(rule.count);
    return text;
}

void NsmControl::add(const qmp::BreakRule &wanted) {
    change(qmp::breakAddCommand, qmp::toArguments(wanted));
}

void NsmControl::add(const qmp::FaultRule &wanted) {
    change(qmp::nsmFaultAddCommand, qmp::toArguments(wanted));
}

void NsmControl::remove(NsmRule::Kind kind, quint32 id) {
    change(kind == NsmRule::Kind::breakpoint ? qmp::breakRemoveCommand : qmp::nsmFaultRemoveCommand,
           {{QStringLiteral("id"), static_cast<qint64>(id)}});
}

void NsmControl::change(QLatin1String command, const QJsonObject &arguments) {
    if (!m_client) {
        emit refused({QStringLiteral("not-running"),
                      QStringLiteral("Breaks and faults can be set while an enclave runs or is paused."),
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
                if (rule.source != QLatin1String("vsock")) // VsockControl's
                    m_breaks.append({NsmRule::Kind::breakpoint, rule.id, ruleText(rule), rule.hits});
        }
    });
    m_client->execute(qmp::nsmFaultListCommand, {}, this, [this](const qmp::Client::Reply &reply) {
        if (const auto rules = reply.and_then(qmp::readFaultRules)) {
            m_faults.clear();
            for (const qmp::FaultRule &rule : *rules)
                m_faults.append({NsmRule::Kind::fault, rule.id, ruleText(rule), rule.hits});
        }
        report(); // the second answer: both are fresh
    });
}

void NsmControl::report() {
    const QVector<NsmRule> all = m_breaks + m_faults;
    if (std::exchange(m_reported, all) != all)
        emit rulesChanged(all);
}

} // namespace nitroscope::app
