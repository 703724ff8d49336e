// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/session/vsock/vsock_control.hpp"

#include <utility>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;
namespace {

QString limitsText(quint32 skip, quint32 count) {
    QString text;
    if (skip > 0)
        text += u", after %1"_s.arg(skip);
    if (count > 0)
        text += u", %1×"_s.arg(count);
    return text;
}

} // namespace

QString matchText(const qmp::VsockMatch &match) {
    QStringList parts;
    if (match.flow)
        parts << u"of flow %1"_s.arg(*match.flow);
    if (match.port)
        parts << (match.lastPort ? u"of ports %1–%2"_s.arg(*match.port).arg(*match.lastPort)
                                 : u"of port %1"_s.arg(*match.port));
    if (match.cid)
        parts << u"with CID %1"_s.arg(*match.cid);
    if (!match.kind.isEmpty())
        parts << u"of %1 sockets"_s.arg(match.kind);
    if (match.offset)
        parts << u"with byte %1"_s.arg(*match.offset);
    if (!match.text.isEmpty())
        parts << u"containing “%1”"_s.arg(match.text);
    if (!match.hex.isEmpty())
        parts << u"containing %1"_s.arg(match.hex);
    QString text = match.operation.isEmpty() ? u"packets"_s : match.operation.toUpper() + u" packets"_s;
    if (match.nth)
        text = u"the %1. of the "_s.arg(*match.nth) + text;
    if (match.direction == "to-guest"_L1)
        text += u" to the guest"_s;
    else if (match.direction == "from-guest"_L1)
        text += u" from the guest"_s;
    if (!parts.isEmpty())
        text += QLatin1Char(' ') + parts.join(QLatin1Char(' '));
    return match == qmp::VsockMatch{} ? u"every packet"_s : text;
}

QString ruleText(const qmp::VsockBreakRule &rule) {
    return u"Break on %1%2"_s.arg(matchText(rule.packet), limitsText(rule.skip, rule.count));
}

QString ruleText(const qmp::VsockFaultRule &rule) {
    QString text = u"Fault: "_s + rule.action;
    if (rule.milliseconds)
        text += u" %1 ms"_s.arg(*rule.milliseconds);
    if (rule.jitter)
        text += u" and up to %1 ms more"_s.arg(*rule.jitter);
    if (rule.rate)
        text += u" to %1 bytes/s"_s.arg(*rule.rate);
    if (rule.bytes)
        text += u" into %1 bytes"_s.arg(*rule.bytes);
    if (rule.violate)
        text += u" against the protocol"_s;
    text += u", "_s + matchText(rule.packet);
    if (rule.chance != 100)
        text += u", %1 %"_s.arg(rule.chance);
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
    change(qmp::breakAddCommand, qmp::toArguments(wanted));
}

void VsockControl::add(const qmp::VsockFaultRule &wanted) {
    change(qmp::vsockFaultAddCommand, qmp::toArguments(wanted));
}

void VsockControl::remove(qmp::MachineRule::Kind kind, quint32 id) {
    change(kind == qmp::MachineRule::Kind::breakpoint ? qmp::breakRemoveCommand
                                                      : qmp::vsockFaultRemoveCommand,
           {{u"id"_s, static_cast<qint64>(id)}});
}

void VsockControl::setSeed(quint64 seed) {
    // JSON's integers are signed here.
    change(qmp::vsockFaultSeedCommand, {{u"seed"_s, static_cast<qint64>(seed & ~(quint64{1} << 63))}});
}

void VsockControl::addRoute(const qmp::VsockRoute &route) {
    change(qmp::vsockRouteAddCommand,
           {{u"port"_s, static_cast<qint64>(route.port)}, {u"route"_s, route.route}});
}

void VsockControl::removeRoute(const qmp::VsockRoute &route) {
    change(qmp::vsockRouteRemoveCommand, {{u"port"_s, static_cast<qint64>(route.port)},
                                          {u"listen"_s, route.route.startsWith("listen:"_L1)}});
}

void VsockControl::resetTransport() {
    change(qmp::vsockTransportResetCommand, {});
}

void VsockControl::change(QLatin1String command, const QJsonObject &arguments) {
    if (!m_sender) {
        emit refused({u"not-running"_s,
                      u"Breaks, faults and routes of vsock can be set while an enclave runs or is paused."_s,
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
    m_sender(qmp::breakListCommand, {}, [this](const qmp::Client::Reply &reply) {
        if (const auto rules = reply.and_then(qmp::readVsockBreaks)) {
            m_breaks.clear();
            for (const auto &rule : *rules)
                m_breaks.append({qmp::MachineRule::Kind::breakpoint, rule.id, ruleText(rule), rule.hits});
        }
    });
    m_sender(qmp::vsockFaultListCommand, {}, [this](const qmp::Client::Reply &reply) {
        if (const auto rules = reply.and_then(qmp::readVsockFaults)) {
            m_faults.clear();
            for (const auto &rule : *rules)
                m_faults.append({qmp::MachineRule::Kind::fault, rule.id, ruleText(rule), rule.hits});
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
    const QVector<qmp::MachineRule> all = m_breaks + m_faults;
    if (std::exchange(m_reported, all) != all)
        emit rulesChanged(all);
}

} // namespace nitroscope::app
