// SPDX-License-Identifier: GPL-2.0-or-later
//
// Where a machine stands in its recording, and how it is brought to another place. MachineReplay asks the machine over
// QMP, FakeReplay plays a recording for tests. A session has one for as long as it lives (EnclaveSession::replay()); while no
// machine with a recording is there, its mode is `none`.
//
// Places are instruction counts: the machine stands at N when N instructions have been executed and the next one has not.
// Seeking is asynchronous. A seek overtakes an earlier one, whose end is then never told; what a seek comes to is told exactly
// once: reached(), ended() when the recording is over before, diverged(), seekFailed(), or seekCancelled().
//
// Moving by what the program does (reverse step, continue, breakpoints and watchpoints that count backwards) is run control
// and therefore DebugTarget's, over gdb's protocol; it asks here only whether that is possible (mode(), isSeeking()) and where
// the machine stands, and it says moved() when it has brought the machine elsewhere.
#pragma once

#include "app/proto/qmp/recording_messages.hpp"

#include <optional>
#include <QMetaType>
#include <QObject>
#include <QVector>

namespace nitroscope::app {

using RecordingSnapshot = qmp::RecordingSnapshot;
// Once there is one, nothing that is shown may be taken for the recording.
using ReplayDivergence = qmp::RecordingDivergence;

class ReplayControl : public QObject {
    Q_OBJECT
public:
    enum class Mode {
        none,   // an ordinary run, or none
        record, // what happens is being recorded; nothing to seek yet
        replay, // what was recorded is shown; the past cannot be changed
    };
    Q_ENUM(Mode)
    using QObject::QObject;

    virtual Mode mode() const = 0;
    // Where the machine stood when it last stopped or was asked (refresh()); nothing before the first answer.
    virtual std::optional<quint64> instruction() const = 0;
    // The last recorded instruction; nothing while that is not known.
    virtual std::optional<quint64> end() const = 0;
    // Nobody ended the recording, QEMU was killed or the disk was full: it has what was written until then.
    virtual bool isCut() const = 0;
    // Ordered by instruction.
    virtual const QVector<RecordingSnapshot> &snapshots() const = 0;
    virtual const std::optional<ReplayDivergence> &divergence() const = 0;
    // The place that is being sought.
    virtual std::optional<quint64> target() const = 0;

    bool isReplay() const { return mode() == Mode::replay; }
    bool isSeeking() const { return target().has_value(); }

public slots:
    // Stops the machine with this many instructions executed. Beyond the end: to the end.
    virtual void seek(quint64 instruction) = 0;
    // The machine stops where it has come to.
    virtual void cancelSeek() = 0;
    // Asks the machine where it stands; changed() follows when that is another place, or more is known.
    virtual void refresh() = 0;
    // Somebody else has moved the machine and it stopped: refresh(), and what was known of the place before no longer holds.
    virtual void moved() = 0;

signals:
    // Any of what can be asked above.
    void changed();
    void seekStarted(quint64 instruction);
    // On the way to the place that is sought.
    void progress(quint64 instruction);
    void reached(quint64 instruction);
    void seekCancelled();
    void seekFailed(const nitroscope::app::Error &error);
    // The machine stands after the last recorded instruction.
    void ended(quint64 instruction);
    void diverged(const nitroscope::app::ReplayDivergence &divergence);
};

} // namespace nitroscope::app

Q_DECLARE_METATYPE(nitroscope::app::RecordingSnapshot)
Q_DECLARE_METATYPE(nitroscope::app::ReplayDivergence)
