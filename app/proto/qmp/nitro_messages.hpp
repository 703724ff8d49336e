// SPDX-License-Identifier: GPL-2.0-or-later
//
// The messages of the nitro-enclave machine, typed: names and members as in qemu-machine/qapi/nitro.json.
//
// Every reader checks what it uses and ignores members it does not know, so that an older app understands a
// newer machine. Error qmp-schema: a member is missing or of the wrong kind.
#pragma once

#include "app/core/result.hpp"
#include "app/proto/common/boot_report.hpp"

#include <QJsonObject>

namespace nitroscope::qmp {

inline constexpr QLatin1String enclaveResetCommand("enclave-reset");
inline constexpr QLatin1String bootStageEvent("ENCLAVE_BOOT_STAGE");
inline constexpr QLatin1String bootWarningEvent("ENCLAVE_BOOT_WARNING");
inline constexpr QLatin1String bootFailedEvent("ENCLAVE_BOOT_FAILED");

app::Result<app::BootStage> readBootStage(const QJsonObject &data);
// Of ENCLAVE_BOOT_WARNING and ENCLAVE_BOOT_FAILED, which have the same members.
app::Result<app::BootFailure> readBootProblem(const QJsonObject &data);

} // namespace nitroscope::qmp
