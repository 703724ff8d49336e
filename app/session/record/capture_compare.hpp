// SPDX-License-Identifier: GPL-2.0-or-later
//
// Whether a replay's capture is the recorded one, byte for byte.
#pragma once

#include "app/core/result.hpp"

namespace nitroscope::app {

// Which of the two may be shorter: of a recording that was cut, the log and the capture do not end at the same record.
enum class CaptureEnds { equal, mayDiffer };

struct CaptureDifference {
    quint64 offset = 0;                 // of the first byte that differs
    quint64 record = 0;                 // in which it is, counted from 1; 0: in none
    std::optional<quint64> instruction; // of that record
    QString text;                       // what it says in the recording
};

// Nothing when they are the same. Errors: capture-unreadable, those of pcapng::readAll().
Result<std::optional<CaptureDifference>> compareCaptures(const QString &recorded, const QString &replayed,
                                                         CaptureEnds ends);

} // namespace nitroscope::app
