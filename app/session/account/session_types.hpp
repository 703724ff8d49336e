// SPDX-License-Identifier: GPL-2.0-or-later
//
// The plain records that a session hands to whoever watches it: boot stages, PCR values, log lines, and
// why a run came to its end. No QEMU and no QMP types here, so that live, recorded and fake sessions can
// produce the same records.
#pragma once

#include "app/proto/common/boot_report.hpp"

#include <QByteArray>
#include <QDateTime>
#include <QMetaType>
#include <QString>
#include <QVector>

namespace nitroscope::app {

struct PcrValue {
    int index = 0;    // 0..31
    QByteArray value; // 48 bytes (SHA-384)
    bool locked = false;

    bool operator==(const PcrValue &) const = default;
};

enum class LogLevel { debug, info, warning, error };

struct LogEntry {
    QDateTime time;
    LogLevel level = LogLevel::info;
    QString source;          // "session", "qemu", "machine"
    QString text;            // one line
    bool isInStream = false; // the capture stream says it too: what follows that has a line already
};

enum class EndKind {
    guestReboot,       // the guest asked for a reset: how an enclave normally ends
    guestShutdown,     // the guest powered off
    programFailed,     // as guestReboot, after init said that the image's program failed or was killed
    programNotStarted, // as guestReboot, after init said that it cannot execute the image's program
    guestPanic,        // "Kernel panic - not syncing" was seen on the console
    bootFailed,        // the EIF was refused by the machine or by the firmware
    stoppedByUser,     // stop() was called
    qemuKilled,        // the QEMU process died by a signal that we did not send
    qemuMissing,       // the program could not be found or executed
    qemuFailed,        // QEMU ended with an error of its own, or stopped answering
};

struct EndReason {
    EndKind kind = EndKind::stoppedByUser;
    QString message; // what happened, one sentence
    QString advice;  // what the user can do; may be empty
};

} // namespace nitroscope::app

Q_DECLARE_METATYPE(nitroscope::app::PcrValue)
Q_DECLARE_METATYPE(nitroscope::app::LogEntry)
Q_DECLARE_METATYPE(nitroscope::app::EndReason)
