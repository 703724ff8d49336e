// SPDX-License-Identifier: GPL-2.0-or-later
//
// The folder that a recording is: the names in it, how it is made, and whether one that is there can be used
// (docs/recordings.md).
#pragma once

#include "app/core/result.hpp"

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;

struct RecordingFiles {
    QString folder; // absolute

    QString facts() const { return folder + u"/recording.json"_s; }
    QString image() const { return folder + u"/enclave.eif"_s; }
    QString ramdisk() const { return folder + u"/extra.initrd"_s; } // --initrd
    QString events() const;
    QString snapshots() const { return folder + u"/snapshots"_s; } // a folder
    QString capture() const;
    QString digests() const { return folder + u"/digests"_s; }
    QString places() const { return folder + u"/places.json"_s; }

    // Bytes on disk.
    quint64 bytes() const;
    // What we have made of it, for a start that failed; the folder only when nothing else is in it.
    void remove() const;
};

// A new folder, the user's alone (0700). Errors: recording-exists, recording-unwritable.
Result<RecordingFiles> makeRecordingFolder(const QString &path);

// Whether the path names a recording: a folder of the user's that others cannot write to, with a recording.json. Errors:
// no-recording, recording-foreign.
Result<RecordingFiles> findRecording(const QString &path);

} // namespace nitroscope::app
