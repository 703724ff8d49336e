// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/session/vsock/vsock_control.hpp"

#include <utility>

namespace nitroscope::app {
namespace {

QString limitsText(quint32 skip, quint32 count) {
    QString text;
    if (skip > 0)
        text += QStringLiteral(", after %1").arg(skip);
    if (count > 0)
        text += QStringLiteral(", %1×").arg(count);
    return text;
}

} // namespace

QString matchText(const qmp::VsockMatch &match) {
    QStringList parts;
    if (match.flow)
        parts << QStringLiteral("of flow %1").arg(*match.flow);
    if (match.port)
        parts << (match.lastPort ? QStringLiteral("of ports %1–%2").arg(*match.port).arg(*match.lastPort)
                                 : QStringLiteral("of port %1").arg(*match.port));
    if (match.cid)
        parts << QStringLiteral("with CID %1").arg(*match.cid);
    if (!match.kind.isEmpty())
        parts << QStringLiteral("of %1 sockets").arg(match.kind);
    if (match.offset)
        parts << QStringLiteral("with byte %1").arg(*match.offset);
    if (!match.text.isEmpty())
        parts << QStringLiteral("containing “%1”").arg(match.text);
    if (!match.hex.isEmpty())
        parts << QStringLiteral("containing %1").arg(match.hex);
    QString text = match.operation.isEmpty() ? QStringLiteral("packets")
                                             : match.operation.toUpper() + QStringLiteral(" packets");
    if (match.nth)
        text = QStringLiteral("the %1. of the ").arg(*match.nth) + text;
    if (match.direction == QLatin1String("to-guest"))
        text += QStringLiteral(" to the guest");
    else if (match.direction == QLatin1String("from-guest"))
        text += QStringLiteral(" from the guest");
    if (!parts.isEmpty())
        text += QLatin1Char(' ') + parts.join(QLatin1Char(' '));
    return match == qmp::VsockMatch{} ? QStringLiteral("every packet") : text;
}

QString ruleText(const qmp::VsockBreakRule &rule) {
    return QStringLiteral("Break on %1%2").arg(matchText(rule.packet), limitsText(rule.skip, rule.count));
}

QString ruleText(const qmp::VsockFaultRule &rule) {
    QString text = QStringLiteral("Fault: ") + rule.action;
    if (rule.milliseconds)
        text += QStringLiteral(" %1 ms").arg(*rule.milliseconds);
    if (rule.jitter)
        text += QStringLiteral(" and up to %1 ms more").arg(*rule.jitter);
    if (rule.rate)
        text += QStringLiteral(" to %1 bytes/s").arg(*rule.rate);
    if (rule.bytes)
        text += QStringLiteral(" into %1 bytes").arg(*rule.bytes);
    if (rule.violate)
        text += QStringLiteral(" against the protocol");
    text += QStringLiteral(", ") + matchText(rule.packet);
    if (rule.chance != 100)
        text += QStringLiteral(", %1 %").arg(rule.chance);
    return text + limitsText(rule.skip, rule.count);
}

void VsockControl::setSender(Sender sender) {
    m_sender = std::move(sender);
    m_isQuerying = false;
    if (m_sender) {
        refresh();
        return;
    }
    m_breaks.clear();
    m_faults.clear();
    report();
    if (!std::exchange(m_routes, {}).isEmpty())
        emit routesChanged({});
}

void VsockControl::add(const qmp::VsockBreakRule &wanted) {
    change(QLatin1String("enclave-break-add"), qmp::toArguments(wanted));
}

void VsockControl::add(const qmp::VsockFaultRule &wanted) {
    change(qmp::vsockFaultAddCommand, qmp::toArguments(wanted));
}

void VsockControl::remove(VsockRule::Kind kind, quint32 id) {
    change(kind == VsockRule::Kind::breakpoint ? QLatin1String("enclave-break-remove")
                                               : qmp::vsockFaultRemoveCommand,
           {{QStringLiteral("id"), static_cast<qint64>(id)}});
}

void VsockControl::setSeed(quint64 seed) {
    // JSON's integers are signed here.
    change(qmp::vsockFaultSeedCommand,
           {{QStringLiteral("seed"), static_cast<qint64>(seed & ~(quint64{1} << 63))}});
}

void VsockControl::addRoute(const qmp::VsockRoute &route) {
    change(qmp::vsockRouteAddCommand, {{QStringLiteral("port"), static_cast<qint64>(route.port)},
                                       {QStringLiteral("route"), route.route}});
}

void VsockControl::removeRoute(const qmp::VsockRoute &route) {
    change(qmp::vsockRouteRemoveCommand,
           {{QStringLiteral("port"), static_cast<qint64>(route.port)},
            {QStringLiteral("listen"), route.route.startsWith(QLatin1String("listen:"))}});
}

void VsockControl::resetTransport() {
    change(qmp::vsockTransportResetCommand, {});
}

void VsockControl::change(QLatin1String command, const QJsonObject &arguments) {
    if (!m_sender) {
        emit refused({QStringLiteral("not-running"),
                      QStringLiteral("Breaks, faults and routes of vsock can be set while an enclave runs or "
                                     "is paused."),
                      std::nullopt,
                      {}});
        return;
    }
    m_sender(command, arguments, [this](const qmp::Client::Reply &reply) {
        if (!reply)
            emit refused(reply.error());
        refresh();
    });
}

void VsockControl::refresh() {
    if (!m_sender)
        return;
    m_sender(QLatin1String("enclave-break-list"), {}, [this](const qmp::Client::Reply &reply) {
        if (const auto rules = reply.and_then(qmp::readVsockBreaks)) {
            m_breaks.clear();
            for (const auto &rule : *rules)
                m_breaks.append({VsockRule::Kind::breakpoint, rule.id, ruleText(rule), rule.hits});
        }
    });
    m_sender(qmp::vsockFaultListCommand, {}, [this](const qmp::Client::Reply &reply) {
        if (const auto rules = reply.and_then(qmp::readVsockFaults)) {
            m_faults.clear();
            for (const auto &rule : *rules)
                m_faults.append({VsockRule::Kind::fault, rule.id, ruleText(rule), rule.hits});
        }
        report(); // the second answer: both are fresh
    });
    m_sender(qmp::vsockRouteListCommand, {}, [this](const qmp::Client::Reply &reply) {
        const auto routes = reply.and_then(qmp::readVsockRoutes);
        if (routes && std::exchange(m_routes, *routes) != *routes)
            emit routesChanged(m_routes);
    });
}

void VsockControl::query() {
    if (!m_sender || std::exchange(m_isQuerying, true))
        return;
    m_sender(qmp::queryVsockCommand, {}, [this](const qmp::Client::Reply &reply) {
        m_isQuerying = false;
        if (const auto info = reply.and_then(qmp::readVsockInfo))
            emit infoChanged(*info);
    });
}

void VsockControl::report() {
    const QVector<VsockRule> all = m_breaks + m_faults;
    if (std::exchange(m_reported, all) != all)
        emit rulesChanged(all);
}

} // namespace nitroscope::app
