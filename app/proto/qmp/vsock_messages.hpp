// SPDX-License-Identifier: GPL-2.0-or-later
//
// The vsock device over QMP: which packets are meant, faults, breaks, routes and the flow table, typed.
// Members as in qemu-machine/qapi/nitro.json; an empty one is not sent. Error qmp-schema.
#pragma once

#include "app/core/result.hpp"

#include <optional>
#include <QJsonObject>
#include <QStringList>
#include <QVector>

namespace nitroscope::qmp {

inline constexpr QLatin1String vsockFaultAddCommand("vsock-fault-add");
inline constexpr QLatin1String vsockFaultRemoveCommand("vsock-fault-remove");
inline constexpr QLatin1String vsockFaultListCommand("vsock-fault-list");
inline constexpr QLatin1String vsockFaultSeedCommand("vsock-fault-seed");
inline constexpr QLatin1String vsockRouteAddCommand("vsock-route-add");
inline constexpr QLatin1String vsockRouteRemoveCommand("vsock-route-remove");
inline constexpr QLatin1String vsockRouteListCommand("vsock-route-list");
inline constexpr QLatin1String vsockTransportResetCommand("vsock-transport-reset");
inline constexpr QLatin1String queryVsockCommand("query-vsock");
inline constexpr QLatin1String captureControlCommand("capture-control");

// Words of QMP's VsockOperation and VsockFaultAction.
QStringList vsockOperations();
QStringList vsockFaultActions();

// VsockPacketMatch: all members that are given must agree.
struct VsockMatch {
    QString direction; // "to-guest", "from-guest"
    std::optional<quint64> flow, cid;
    std::optional<quint32> port, lastPort;
    QString kind;      // "stream", "seqpacket"
    QString operation; // one of vsockOperations()
    std::optional<quint32> nth;
    std::optional<quint64> offset; // byte of the flow's direction, from 0
    QString text;                  // payload contains it
    QString hex;                   // likewise, as hexadecimal digits

    bool operator==(const VsockMatch &) const = default;
};

// VsockFaultSpec. Which of the numbers an action takes, is the machine's to check.
struct VsockFaultRule {
    QString action; // one of vsockFaultActions()
    VsockMatch packet;
    std::optional<quint32> milliseconds, jitter;
    std::optional<quint64> rate;
    std::optional<quint32> bytes;
    bool violate = false;
    quint32 skip = 0, count = 0;
    quint32 chance = 100; // per cent
    quint32 id = 0;       // the machine's; not sent
    quint64 hits = 0;
};

// EnclaveBreakCondition with source vsock.
struct VsockBreakRule {
    VsockMatch packet;
    quint32 skip = 0, count = 0;
    quint32 id = 0;
    quint64 hits = 0;
};

struct VsockRoute {
    quint32 port = 0;
    QString route; // "tcp:127.0.0.1:80", "listen:/path", "refuse", "echo"
    bool operator==(const VsockRoute &) const = default;
};

// What of a flow the packets do not tell.
struct VsockFlowState {
    quint64 id = 0;
    QString state, peer, reason, text;
    qint64 peerPid = 0;
    qint64 roundTripNs = -1, stalledNs = 0;
    quint32 buffered = 0;
    bool isStalled = false;
};

struct VsockInfo {
    quint64 guestCid = 0;
    quint64 flowsOpened = 0, flowsClosed = 0, flowsRefused = 0, guestErrors = 0;
    QVector<VsockFlowState> flows; // living ones first
};

QJsonObject toArguments(const VsockMatch &match);
QJsonObject toArguments(const VsockFaultRule &rule);
QJsonObject toArguments(const VsockBreakRule &rule);
app::Result<QVector<VsockFaultRule>> readVsockFaults(const QJsonValue &reply);
// Of enclave-break-list: only those whose source is vsock.
app::Result<QVector<VsockBreakRule>> readVsockBreaks(const QJsonValue &reply);
app::Result<QVector<VsockRoute>> readVsockRoutes(const QJsonValue &reply);
app::Result<VsockInfo> readVsockInfo(const QJsonValue &reply);

} // namespace nitroscope::qmp
