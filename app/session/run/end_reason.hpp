// SPDX-License-Identifier: GPL-2.0-or-later
//
// Why a run ended, concluded from everything that was observed of it, in words and with advice. One pure
// function, because the evidence arrives in any order: an event, a line on the console, a line of QEMU on
// standard error, a wait status.
#pragma once

#include "app/core/child_process.hpp"
#include "app/core/result.hpp"
#include "app/session/account/session_types.hpp"
#include "app/session/run/console_scanner.hpp"

#include <QStringList>

namespace nitroscope::app {

struct RunEvidence {
    std::optional<Error> startError;        // QEMU was not even started
    std::optional<BootFailure> bootFailure; // of the firmware, or of the machine before the guest started
    QString shutdownReason;                 // `reason` of QEMU's SHUTDOWN event; empty when there was none
    QString panicLine;                      // the guest kernel's last words; empty when it did not panic
    bool panicEndsRun = false;              // a panic is the end, whoever stops the machine after it
    QString initLine;                       // what init said last before a panic
    ProgramEnd programEnd;                  // by init's words
    bool internalError = false;             // QEMU cannot execute the guest any further
    std::optional<Error> lostContact;       // QEMU did not connect, greet or answer
    bool stopAsked = false;                 // by the user
    bool guestStarted = false;              // the guest's first instruction was allowed to run
    ProcessEnd process;
    QStringList errorLines; // QEMU's last lines on standard error
};

EndReason concludeEnd(const RunEvidence &evidence);

// The machine's refusal of an EIF or an option, from the line of JSON that it writes to standard error beside the
// sentence for people (docs/launch-options.md); nothing when the line is another.
std::optional<BootFailure> readRefusal(const QString &line);

// True when the run did not end the way its user or its guest wanted.
constexpr bool isFailure(EndKind kind) {
    switch (kind) {
    case EndKind::guestReboot:
    case EndKind::guestShutdown:
    case EndKind::stoppedByUser:
        return false;
    case EndKind::programFailed:
    case EndKind::programNotStarted:
    case EndKind::guestPanic:
    case EndKind::bootFailed:
    case EndKind::qemuKilled:
    case EndKind::qemuMissing:
    case EndKind::qemuFailed:
        return true;
    }
    return true;
}

} // namespace nitroscope::app
