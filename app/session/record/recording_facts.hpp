// SPDX-License-Identifier: GPL-2.0-or-later
//
// recording.json: what a recording is of, how the enclave was started, and which build can replay it (docs/recordings.md).
// The file may have come from anywhere: it is read as foreign bytes.
#pragma once

#include "app/core/result.hpp"
#include "app/session/launch/launch_spec.hpp"

#include <QByteArray>
#include <QDateTime>
#include <QJsonObject>

namespace nitroscope::app {

// SHA-256 of what has to be the same for a replay, 32 bytes each.
struct BuildIdentity {
    QByteArray qemu, firmware;

    bool operator==(const BuildIdentity &) const = default;
};

struct RecordingFacts {
    static constexpr int formatVersion = 1;
    static constexpr qsizetype maxBytes = 1024 * 1024; // of the file
    static constexpr qsizetype maxTextLength = 4096;   // characters; longer texts are refused

    QString eifName; // of its file, without the folder
    quint64 eifBytes = 0;
    QByteArray eifSha384;     // 48 bytes
    QJsonObject measurements; // "HashAlgorithm", "PCR0" …; empty for an image that cannot be measured
    QJsonObject options;      // launch options that differ from their defaults, by name; none that is local
    bool hasRamdisk = false;  // --initrd
    QString program, qemuVersion; // that recorded; the latter is empty until QEMU has said it
    BuildIdentity build;
    QDateTime created; // UTC
    QString end;       // how the run ended, in words; empty while it runs, and when it was killed

    bool operator==(const RecordingFacts &) const = default;
};

QByteArray writeFacts(const RecordingFacts &facts);
// Errors: recording-invalid, with the offset where it is no JSON; recording-newer, of a format that is not known here.
Result<RecordingFacts> readFacts(const QByteArray &json);

// What of a spec a replay must have again. Those options that are local (launch_options.hpp) are not in it.
QJsonObject recordedOptions(const LaunchSpec &spec);
// The spec of a replay. Error recording-invalid, which names the option that has no such value.
Result<LaunchSpec> replayOptions(const QJsonObject &options);

} // namespace nitroscope::app
