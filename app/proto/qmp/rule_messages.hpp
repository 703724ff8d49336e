// SPDX-License-Identifier: GPL-2.0-or-later
//
// Breaks and NSM faults: the commands enclave-break-* and nsm-fault-* and the event ENCLAVE_BREAK, typed.
// Members as in qemu-machine/qapi/nitro.json; an empty one is not sent. Error qmp-schema.
#pragma once

#include "app/core/result.hpp"

#include <optional>
#include <QJsonObject>
#include <QVector>

namespace nitroscope::qmp {

inline constexpr QLatin1String breakAddCommand("enclave-break-add");
inline constexpr QLatin1String breakRemoveCommand("enclave-break-remove");
inline constexpr QLatin1String breakListCommand("enclave-break-list");
inline constexpr QLatin1String nsmFaultAddCommand("nsm-fault-add");
inline constexpr QLatin1String nsmFaultRemoveCommand("nsm-fault-remove");
inline constexpr QLatin1String nsmFaultListCommand("nsm-fault-list");
inline constexpr QLatin1String breakEvent("ENCLAVE_BREAK");

struct BreakRule {
    QString source; // "nsm", "boot-stage"
    QString stage, request, error;
    std::optional<int> pcr;
    quint32 id = 0; // the machine's; not sent
    quint64 hits = 0;
};

struct FaultRule {
    QString action; // "error", "delay", "drop", ...
    QString request, error;
    std::optional<int> pcr;
    std::optional<quint64> milliseconds;
    quint64 count = 0; // 0 = always
    quint32 id = 0;
    quint64 hits = 0;
};

// A rule of either kind that is set in the machine, of the NSM or of vsock, as lists show it.
struct MachineRule {
    enum class Kind { breakpoint, fault } kind = Kind::breakpoint;
    quint32 id = 0;
    QString text; // what it does, in words
    quint64 hits = 0;
    bool operator==(const MachineRule &) const = default;
};

struct BreakHit {
    quint32 id = 0;
    QString source;
    QString detail; // what happened, in words
    qint64 virtualNs = 0;
    quint64 transaction = 0; // NSM transaction in the capture; 0 = none
    quint64 flow = 0;        // vsock flow; 0 = none
};

QJsonObject toArguments(const BreakRule &rule);
QJsonObject toArguments(const FaultRule &rule);
app::Result<QVector<BreakRule>> readBreakRules(const QJsonValue &reply);
app::Result<QVector<FaultRule>> readFaultRules(const QJsonValue &reply);
app::Result<BreakHit> readBreakHit(const QJsonObject &data);

} // namespace nitroscope::qmp
