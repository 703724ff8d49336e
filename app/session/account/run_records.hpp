// SPDX-License-Identifier: GPL-2.0-or-later
//
// What single records of a capture say about a run, as plain values. See docs/capture-format.md, "machine".
#pragma once

#include "app/proto/pcapng/record.hpp"
#include "app/session/account/session_types.hpp"

namespace nitroscope::app {

// A change of one PCR.
struct PcrChange {
    PcrValue pcr;
    QString cause;           // "reset", "seed", "lock", "extend", "load"
    quint64 transaction = 0; // NSM transaction that made it; 0 = none
    qint64 hostNs = 0;
    qint64 virtualNs = -1; // -1 = not known
    quint64 offset = 0;    // of the record in the capture
};

// Nothing when the record is of another kind or lacks what it should have.
std::optional<BootStage> bootStageOf(const pcapng::Record &record);
std::optional<BootFailure> bootFailureOf(const pcapng::Record &record);
std::optional<PcrChange> pcrChangeOf(const pcapng::Record &record);
// What the guest wrote to its console; empty for anything else.
QByteArray consoleOutputOf(const pcapng::Record &record);
// The machine was reset: every PCR is zero and unlocked.
bool isReset(const pcapng::Record &record);
// Breaks, faults, resets, snapshots, losses and warnings as lines for the log.
std::optional<LogEntry> logEntryOf(const pcapng::Record &record);

} // namespace nitroscope::app
