// SPDX-License-Identifier: GPL-2.0-or-later
//
// A recording as a whole: made before a run that is to be recorded, opened before a replay. What takes long blocks and is for
// a worker: the EIF is copied and measured, QEMU's file is hashed.
#pragma once

#include "app/session/record/recording_facts.hpp"
#include "app/session/record/recording_files.hpp"

#include <stop_token>

namespace nitroscope::app {

struct Recording {
    RecordingFiles files;
    RecordingFacts facts;

    // Writes recording.json. Error "output".
    Result<void> save() const;
};

// Makes the folder of `spec.recordingPath` with everything that has to be there before `qemu` starts, but for
// recording.json: the options are complete only then. Nothing stays of one that could not be made. Blocks. Errors: those of
// makeRecordingFolder(), copyFile(), writeFile(), "cancelled".
Result<Recording> makeRecording(const LaunchSpec &spec, const QString &qemu,
                                const std::stop_token &stop = {});

// Errors: those of findRecording() and readFacts().
Result<Recording> openRecording(const QString &path);

// What a replay of it is started with: its own EIF, its options; where the machine comes from is this computer's to say.
LaunchSpec replaySpec(const Recording &recording);

// Whether this build can replay it. Blocks. Error recording-other-build, in words.
Result<void> checkBuild(const Recording &recording, const QString &qemu);
// Whether its EIF is the one that was recorded. Blocks. Error recording-changed.
Result<void> checkImage(const Recording &recording);

} // namespace nitroscope::app
