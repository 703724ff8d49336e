// SPDX-License-Identifier: GPL-2.0-or-later
//
// Recordings over QMP, typed: members as in qemu-machine/qapi/nitro.json. Places are instruction counts. What is unknown is
// ignored; error qmp-schema: a member is missing or of the wrong kind.
#pragma once

#include "app/core/result.hpp"

#include <optional>
#include <QJsonObject>
#include <QVector>

namespace nitroscope::qmp {

inline constexpr QLatin1String queryRecordingCommand("query-recording");
inline constexpr QLatin1String recordingSeekCommand("recording-seek");
inline constexpr QLatin1String recordingSeekCancelCommand("recording-seek-cancel");
inline constexpr QLatin1String recordingReachedEvent("RECORDING_REACHED");
inline constexpr QLatin1String recordingDivergedEvent("RECORDING_DIVERGED");
inline constexpr QLatin1String recordingEndedEvent("RECORDING_ENDED");

// A state of the machine kept in the recording, from which a seek starts.
struct RecordingSnapshot {
    QString name;
    quint64 instruction = 0;
    quint64 bytes = 0; // on disk

    bool operator==(const RecordingSnapshot &) const = default;
};

// The first place at which a replay is not what was recorded.
struct RecordingDivergence {
    quint64 instruction = 0;
    QString what; // "digest of RAM", "capture"
    QString expected, found;

    bool operator==(const RecordingDivergence &) const = default;
};

struct RecordingState {
    static constexpr qsizetype maxSnapshots = 65'536;

    QString mode; // "none", "record", "replay"
    quint64 instruction = 0;
    std::optional<quint64> end;
    bool isCut = false;                   // nobody ended the recording: it has what was written until then
    QVector<RecordingSnapshot> snapshots; // by instruction
    std::optional<RecordingDivergence> divergence;
};

app::Result<RecordingState> readRecordingState(const QJsonValue &reply);
// Of RECORDING_DIVERGED, and of `divergence` in the state.
app::Result<RecordingDivergence> readDivergence(const QJsonObject &data);
// The place in RECORDING_REACHED and RECORDING_ENDED.
app::Result<quint64> readPlace(const QJsonObject &data);

} // namespace nitroscope::qmp
