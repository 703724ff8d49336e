// SPDX-License-Identifier: GPL-2.0-or-later
//
// What stands on the common time axis: one plain record per happening, 64 bytes, with numbers only. Words
// that repeat (operations, functions, paths) are numbers of a table; everything else is decoded from the
// capture again when somebody looks.
#pragma once

#include "app/ui/text/roles.hpp"

#include <QMetaType>
#include <QString>

namespace nitroscope::app {

// From top to bottom.
enum class TimelineLane : quint8 {
    boot,        // stages, warnings, resets
    machine,     // breaks, faults, snapshots, run states, calls of KMS, losses
    firstCalls,  // and whatever else plugins report
    systemCalls, // with the results of calls that failed or returned
    console,
    nsm,
    pcrs,
    flows,   // vsock connections from opening to closing
    packets, // vsock
};
inline constexpr int timelineLanes = 9;
QString laneName(TimelineLane lane);

// The clock that an axis shows.
enum class TimelineClock : quint8 {
    guest, // stands still while the machine is stopped; starts with the machine
    host,  // since the capture's first record
};

struct TimelineEvent {
    enum class Kind : quint8 {
        stage,
        failure,
        warning,
        reset,
        breakHit,
        fault,
        loss,
        otherMachine,
        firstCall,
        systemCall,
        systemCallResult,
        otherGuest,
        consoleOutput,
        consoleInput,
        nsm,
        pcr,
        flow,
        packet,
    };

    qint64 guestNs = 0,
           guestEndNs = 0;            // a point when both are equal; an end before the beginning: still open
    qint64 hostNs = 0, hostEndNs = 0; // since the first record
    // stage: which of the capture's; nsm: transaction; pcr: transaction << 5 | index; flow: the machine's
    // number; packet: which of the capture's; break: transaction or flow; firstCall: address.
    quint64 reference = 0;
    quint64 offset = 0;   // of the record's data in the capture
    quint32 captured = 0; // bytes of it
    qint32 label = 0;     // number in the table of words
    Kind kind = Kind::stage;
    TimelineLane lane = TimelineLane::boot;
    Tone tone = Tone::normal;
    quint8 row = 0; // flow: which of the rows it occupies; packet: 1 = from the guest; break: see BreakSource

    qint64 begin(TimelineClock clock) const { return clock == TimelineClock::guest ? guestNs : hostNs; }
    qint64 end(TimelineClock clock) const { return clock == TimelineClock::guest ? guestEndNs : hostEndNs; }
    bool isNotable() const { return tone == Tone::bad || tone == Tone::attention; }
};

enum class BreakSource : quint8 { other, nsm, vsock };

} // namespace nitroscope::app
