// SPDX-License-Identifier: GPL-2.0-or-later
//
// Of EnclaveRun: a run that is recorded, or that lives a recorded one again. What takes long, copying and measuring the EIF,
// hashing QEMU, is done by a worker before anything else.
#include "app/core/program_locations.hpp"
#include "app/core/worker.hpp"
#include "app/session/launch/eif_architecture.hpp"
#include "app/session/launch/launch_options.hpp"
#include "app/session/run/enclave_run.hpp"

#include <QFileInfo>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;
namespace {

Result<Recording> takeRecording(const LaunchSpec &spec, const QString &qemu, const std::stop_token &stop) {
    if (!spec.replays)
        return makeRecording(spec, qemu, stop);
    auto recording = openRecording(spec.recordingPath);
    if (!recording)
        return recording;
    for (const auto &checked : {checkBuild(*recording, qemu), checkImage(*recording)})
        if (!checked)
            return tl::unexpected(checked.error());
    return recording;
}

} // namespace

void EnclaveRun::prepareRecording() {
    if (const auto ready = checkReadiness(m_spec); !ready) {
        refuseStart(ready.error());
        return;
    }
    const auto qemu = locateQemu(m_spec.qemuPath, emulatorOfEif(m_spec.eifPath));
    if (!qemu) {
        refuseStart(qemu.error());
        return;
    }
    const auto work = [spec = m_spec, qemu = *qemu, stop = m_stopRecording.get_token()] {
        return takeRecording(spec, qemu, stop);
    };
    runInWorker(this, work, [this](Result<Recording> taken) {
        if (taken)
            m_recording = *std::move(taken);
        if (m_evidence.stopAsked)
            onProcessEnd({});
        else if (!taken)
            refuseStart(taken.error());
        else
            launch();
    });
}

// What is recorded is started as its replays will be: with the same files, and with values in the place of defaults.
Result<void> EnclaveRun::enterRecording() {
    if (!m_recording)
        return {};
    if (!m_spec.replays) {
        m_spec.eifPath = m_recording->files.image();
        if (!m_spec.initrdPath.isEmpty())
            m_spec.initrdPath = m_recording->files.ramdisk();
        m_spec.memoryMiB = memoryMiBOf(m_spec, m_recording->facts.eifBytes);
        m_recording->facts.options = recordedOptions(m_spec);
        return m_recording->save();
    }
    return {};
}

void EnclaveRun::noteVersion(const QString &version) {
    if (!m_recording || m_spec.replays)
        return;
    m_recording->facts.qemuVersion = version;
    if (const auto saved = m_recording->save(); !saved)
        log(LogLevel::warning, "session", saved.error().text());
}

void EnclaveRun::endRecording(const EndReason &reason) {
    if (!m_recording || m_spec.replays)
        return;
    if (!m_evidence.guestStarted) { // there is nothing in it
        m_recording->files.remove();
        return;
    }
    m_recording->facts.end = reason.message;
    if (const auto saved = m_recording->save(); !saved)
        log(LogLevel::warning, "session", saved.error().text());
}

bool EnclaveRun::hasCapture() const {
    return !m_spec.capturePath.isEmpty() || (!m_spec.replays && (m_capture || m_recording));
}

} // namespace nitroscope::app
