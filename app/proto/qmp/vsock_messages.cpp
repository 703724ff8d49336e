// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/proto/qmp/vsock_messages.hpp"

#include "app/proto/qmp/json_fields.hpp"
#include "qemu-machine/vsock/protocol/vsock_protocol.h"

#include <QJsonArray>

namespace nitroscope::qmp {

using namespace Qt::Literals::StringLiterals;
namespace {

constexpr qsizetype maxEntries = 8192; // living flows and closed ones

void putLimits(QJsonObject &object, const VsockMatch &packet, quint32 skip, quint32 count) {
    if (const QJsonObject match = toArguments(packet); !match.isEmpty())
        object.insert("packet"_L1, match);
    if (skip > 0)
        object.insert("skip"_L1, static_cast<qint64>(skip));
    if (count > 0)
        object.insert("count"_L1, static_cast<qint64>(count));
}

VsockMatch readMatch(const QJsonObject &object) {
    VsockMatch match;
    match.direction = text(object, "direction");
    match.flow = maybe<quint64>(object, "flow");
    match.cid = maybe<quint64>(object, "cid");
    match.port = maybe<quint32>(object, "port");
    match.lastPort = maybe<quint32>(object, "last-port");
    match.kind = text(object, "kind");
    match.operation = text(object, "operation");
    match.nth = maybe<quint32>(object, "nth");
    match.offset = maybe<quint64>(object, "offset");
    match.text = text(object, "text");
    match.hex = text(object, "hex");
    return match;
}

VsockFlowState readFlow(const QJsonObject &object) {
    VsockFlowState flow;
    flow.id = number(object, "id");
    flow.state = text(object, "state");
    flow.peer = text(object, "peer");
    flow.reason = text(object, "reason");
    flow.text = text(object, "text");
    flow.peerPid = object.value("peer-pid"_L1).toInteger();
    flow.roundTripNs = object.value("round-trip-ns"_L1).toInteger(-1);
    flow.stalledNs = object.value("stalled-ns"_L1).toInteger();
    flow.buffered = static_cast<quint32>(number(object, "buffered"));
    flow.isStalled = object.value("stalled"_L1).toBool();
    return flow;
}

app::Result<QJsonArray> listOf(const QJsonValue &reply, const char *what) {
    if (!reply.isArray() || reply.toArray().size() > maxEntries)
        return app::failure(u"qmp-schema"_s, u"The answer is not a list of %1."_s.arg(QLatin1String(what)));
    return reply.toArray();
}

} // namespace

// QMP writes VirtIO's names in lower case with hyphens, and has no word for the invalid operation.
QStringList vsockOperations() {
    QStringList words;
#define QMP_OPERATION(constant, enumerator, monitor)                                                         \
    words << QStringLiteral(#constant).toLower().replace(u'_', u'-');
    VSOCK_OP_LIST(QMP_OPERATION)
#undef QMP_OPERATION
    return words.mid(VSOCK_OP_REQUEST);
}

// Of the device's actions all but the break.
QStringList vsockFaultActions() {
    QStringList words;
#define QMP_ACTION(constant, name) words << QStringLiteral(name);
    VSOCK_ACTION_LIST(QMP_ACTION)
#undef QMP_ACTION
    return words.mid(VSOCK_BREAK + 1);
}

QJsonObject toArguments(const VsockMatch &match) {
    QJsonObject object;
    put(object, "direction", match.direction);
    put(object, "flow", match.flow);
    put(object, "cid", match.cid);
    put(object, "port", match.port);
    put(object, "last-port", match.lastPort);
    put(object, "kind", match.kind);
    put(object, "operation", match.operation);
    put(object, "nth", match.nth);
    put(object, "offset", match.offset);
    put(object, "text", match.text);
    put(object, "hex", match.hex);
    return object;
}

QJsonObject toArguments(const VsockFaultRule &rule) {
    QJsonObject object{{u"action"_s, rule.action}};
    putLimits(object, rule.packet, rule.skip, rule.count);
    put(object, "milliseconds", rule.milliseconds);
    put(object, "jitter", rule.jitter);
    put(object, "rate", rule.rate);
    put(object, "bytes", rule.bytes);
    if (rule.violate)
        object.insert("violate"_L1, true);
    if (rule.chance != 100)
        object.insert("chance"_L1, static_cast<qint64>(rule.chance));
    return object;
}

QJsonObject toArguments(const VsockBreakRule &rule) {
    QJsonObject object{{u"source"_s, u"vsock"_s}};
    putLimits(object, rule.packet, rule.skip, rule.count);
    return object;
}

app::Result<QVector<VsockFaultRule>> readVsockFaults(const QJsonValue &reply) {
    const auto list = listOf(reply, "vsock faults");
    if (!list)
        return tl::unexpected(list.error());
    QVector<VsockFaultRule> rules;
    for (const QJsonValue item : *list) {
        const QJsonObject object = item.toObject();
        VsockFaultRule rule;
        rule.action = text(object, "action");
        rule.packet = readMatch(object.value("packet"_L1).toObject());
        rule.milliseconds = maybe<quint32>(object, "milliseconds");
        rule.jitter = maybe<quint32>(object, "jitter");
        rule.rate = maybe<quint64>(object, "rate");
        rule.bytes = maybe<quint32>(object, "bytes");
        rule.violate = object.value("violate"_L1).toBool();
        rule.skip = static_cast<quint32>(number(object, "skip"));
        rule.count = static_cast<quint32>(number(object, "count"));
        rule.chance = maybe<quint32>(object, "chance").value_or(100);
        rule.id = static_cast<quint32>(number(object, "id"));
        rule.hits = number(object, "hits");
        if (rule.id == 0)
            return app::failure(u"qmp-schema"_s, u"A vsock fault has no number."_s);
        rules.append(rule);
    }
    return rules;
}

app::Result<QVector<VsockBreakRule>> readVsockBreaks(const QJsonValue &reply) {
    const auto list = listOf(reply, "breaks");
    if (!list)
        return tl::unexpected(list.error());
    QVector<VsockBreakRule> rules;
    for (const QJsonValue item : *list) {
        const QJsonObject object = item.toObject();
        if (text(object, "source") != "vsock"_L1)
            continue;
        rules.append({readMatch(object.value("packet"_L1).toObject()),
                      static_cast<quint32>(number(object, "skip")),
                      static_cast<quint32>(number(object, "count")),
                      static_cast<quint32>(number(object, "id")), number(object, "hits")});
        if (rules.last().id == 0)
            return app::failure(u"qmp-schema"_s, u"A break has no number."_s);
    }
    return rules;
}

app::Result<QVector<VsockRoute>> readVsockRoutes(const QJsonValue &reply) {
    const auto list = listOf(reply, "routes");
    if (!list)
        return tl::unexpected(list.error());
    QVector<VsockRoute> routes;
    for (const QJsonValue item : *list)
        routes.append(
            {static_cast<quint32>(number(item.toObject(), "port")), text(item.toObject(), "route")});
    return routes;
}

app::Result<VsockInfo> readVsockInfo(const QJsonValue &reply) {
    const QJsonObject object = reply.toObject();
    VsockInfo info;
    info.guestCid = number(object, "guest-cid");
    if (info.guestCid == 0)
        return app::failure(u"qmp-schema"_s, u"The answer to query-vsock has no CID."_s);
    info.flowsOpened = number(object, "flows-opened");
    info.flowsClosed = number(object, "flows-closed");
    info.flowsRefused = number(object, "flows-refused");
    info.guestErrors = number(object, "guest-errors");
    for (const char *member : {"flows", "closed"}) {
        const auto list = listOf(object.value(QLatin1String(member)), "flows");
        if (!list)
            return tl::unexpected(list.error());
        for (const QJsonValue item : *list)
            info.flows.append(readFlow(item.toObject()));
    }
    return info;
}

} // namespace nitroscope::qmp
