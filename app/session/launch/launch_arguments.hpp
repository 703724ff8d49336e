// SPDX-License-Identifier: GPL-2.0-or-later
//
// From a LaunchSpec to the arguments of one QEMU process. Pure functions: what is run can be tested, shown
// to the user and copied into a terminal without running it.
#pragma once

#include "app/session/launch/launch_spec.hpp"

#include <QStringList>

namespace nitroscope::app {

// The enclave's hybrid vsock socket in the runtime folder of a run, unless the spec names another path.
inline constexpr auto vsockFileName = "vsock";

// What QEMU connects to: the Unix socket that we listen on for QMP, and the named pipes of the console. There
// is no race, because QEMU is only started when they exist.

struct LaunchChannels {
    QString qmp;
    QString console;       // without .in and .out
    QString capture;       // socket of the capture stream; empty: to the spec's file, if any
    QString gdbStub = {};  // Unix socket that we listen on for QEMU's gdbstub; empty = none
    QString findings = {}; // private folder for what profile and coverage leave; needed with these
    QString vsock = {};    // where the machine makes its hybrid socket; empty = none
};

// In LaunchChannels::findings.
inline constexpr auto profileFindings = "profile", coverageFindings = "coverage";

// The memory an enclave gets when nobody says: four times the EIF, the least that nitro-cli accepts on EC2
// (E26), and at least 512 MiB.
quint64 defaultMemoryMiB(quint64 eifBytes);
// What the spec says, or the default.
quint64 memoryMiBOf(const LaunchSpec &spec, quint64 eifBytes);

// A value inside an option of the form a=b,c=d: commas doubled, as QEMU's option syntax wants them.
QString optionValue(const QString &value);

// The files of a recording in its folder that QEMU is told of by an argument (docs/recordings.md).
inline constexpr auto recordingEventsName = "events.log", recordingCaptureName = "capture.pcapng";

// `eifBytes` decides the memory when the spec does not. Paths become absolute.
QStringList launchArguments(const LaunchSpec &spec, quint64 eifBytes, const LaunchChannels &channels);

// The command in one line that a POSIX shell understands, for the log.
QString shellCommand(const QString &program, const QStringList &arguments);

} // namespace nitroscope::app
