// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/session/launch/recordable.hpp"

#include <QFileInfo>
#include <QStorageInfo>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;
namespace {

constexpr quint64 mebibyte = 1024 * 1024;
// Log, capture and the first snapshots: with less a recording would end during the boot.
constexpr quint64 minRoomMiB = 256;

tl::unexpected<Error> refuse(const QString &message) {
    return failure(u"not-recordable"_s, message);
}

Result<void> checkRoom(const LaunchSpec &spec) {
    const QStorageInfo disk(QFileInfo(spec.recordingPath).absolutePath());
    if (!disk.isValid())
        return {}; // that the folder is missing is said by who makes the recording
    const quint64 needed = static_cast<quint64>(QFileInfo(spec.eifPath).size()) / mebibyte + minRoomMiB;
    const quint64 there = static_cast<quint64>(std::max<qint64>(0, disk.bytesAvailable())) / mebibyte;
    if (there >= needed)
        return {};
    return refuse(
        u"A recording of this enclave needs %1 MiB to begin with, and there are %2 MiB left on the disk of %3. "
        "Make room, or choose another folder."_s.arg(needed)
            .arg(there)
            .arg(QFileInfo(spec.recordingPath).absolutePath()));
}

} // namespace

Result<void> checkRecordable(const LaunchSpec &spec) {
    if (spec.recordingPath.isEmpty() || spec.replays)
        return {};
    if (spec.cpuCount != 1)
        return refuse(
            u"An enclave with %1 vCPUs cannot be recorded: in what order they write to memory is in no log. "
            "Leave --cpu-count at 1."_s.arg(spec.cpuCount));
    if (spec.accelerator == Accelerator::kvm)
        return refuse(
            u"What KVM executes cannot be recorded: nobody counts its instructions. Leave --accel at tcg."_s);
    if (spec.debugger)
        return refuse(
            u"A run under the debugger cannot be recorded: what a debugger writes is in no log. Record it "
            "without, and open the recording in the debugger."_s);
    if (spec.traceSystemCalls || !(spec.firstCallsPath + spec.profilePath + spec.coveragePath).isEmpty())
        return refuse(
            u"Nothing has to be traced while an enclave is recorded: the same can be traced as often as you "
            "like in its recording, with nitroscope-cli replay."_s);
    if (!spec.capturePath.isEmpty())
        return refuse(
            u"A recording has its capture in itself. Leave --capture away; the file will be capture.pcapng in "
            "the recording's folder."_s);
    return checkRoom(spec);
}

} // namespace nitroscope::app
