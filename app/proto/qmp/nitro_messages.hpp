// SPDX-License-Identifier: GPL-2.0-or-later
//
// The messages of the nitro-enclave machine, typed: names and members as in qemu-machine/qapi/nitro.json.
//
// Every reader checks what it uses and ignores members it does not know, so that an older app understands a
// newer machine. Error qmp-schema: a member is missing or of the wrong kind.
#pragma once

#include "app/core/result.hpp"
#include "nsm-device/core/nsm_protocol.h"

#include <QByteArray>
#include <QJsonObject>
#include <QVector>

namespace nitroscope::qmp {

inline constexpr QLatin1String queryNsmCommand("query-nsm");
inline constexpr QLatin1String enclaveResetCommand("enclave-reset");
inline constexpr QLatin1String bootStageEvent("ENCLAVE_BOOT_STAGE");
inline constexpr QLatin1String bootWarningEvent("ENCLAVE_BOOT_WARNING");
inline constexpr QLatin1String bootFailedEvent("ENCLAVE_BOOT_FAILED");
inline constexpr QLatin1String pcrChangedEvent("NSM_PCR_CHANGED");

inline constexpr int pcrCount = NSM_PCR_COUNT;
inline constexpr int pcrBytes = NSM_PCR_SIZE;

struct NsmPcr {
    int index = 0; // 0..31
    QByteArray value;
    bool locked = false;
};

struct BootStage {
    QString stage;
    int index = -1; // -1 = the stage has none
    qint64 virtualNs = 0;
    qint64 hostNs = 0;
    QString text;
};

// ENCLAVE_BOOT_WARNING and ENCLAVE_BOOT_FAILED have the same members.
struct BootProblem {
    QString stage;
    QString reason; // a word, or a number in decimal
    QString eCode;
    QString message;
    std::optional<quint64> offset;
    std::optional<int> section;
};

struct PcrChange {
    NsmPcr pcr;
    QString cause; // "extend", "lock", "reset", ...
};

app::Result<QVector<NsmPcr>> readNsmPcrs(const QJsonValue &queryNsmReply);
app::Result<BootStage> readBootStage(const QJsonObject &data);
app::Result<BootProblem> readBootProblem(const QJsonObject &data);
app::Result<PcrChange> readPcrChange(const QJsonObject &data);

} // namespace nitroscope::qmp
