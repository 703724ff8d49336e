// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/session/fake_session.hpp"

#include "app/session/run/end_reason.hpp"
#include "qemu-machine/capture/core/capture.h"

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;

FakeSession::~FakeSession() = default;

void FakeSession::StreamDeleter::operator()(NitroCapture *stream) const {
    nitro_capture_free(stream);
}

void FakeSession::record(const std::function<void(NitroCapture *)> &write) {
    if (!m_stream) {
        const NitroCaptureHost host{
            .opaque = this,
            .host_ns = [](void *self) -> int64_t { return static_cast<FakeSession *>(self)->m_hostNs; },
            .virtual_ns = [](void *self) -> int64_t { return static_cast<FakeSession *>(self)->m_guestNs; },
            .icount = nullptr,
            .wake = nullptr};
        m_stream.reset(nitro_capture_new(&host, nullptr));
    }
    if (m_hostNs == 0)
        m_hostNs = QDateTime::currentMSecsSinceEpoch() * 1'000'000;
    write(m_stream.get());
    nitro_capture_flush_console(m_stream.get());
    QByteArray stream;
    size_t size = 0;
    while (const uint8_t *bytes = nitro_capture_peek(m_stream.get(), &size)) {
        stream.append(reinterpret_cast<const char *>(bytes), static_cast<qsizetype>(size));
        nitro_capture_consume(m_stream.get(), size);
    }
    if (m_capture.state() == CaptureSource::State::live)
        m_capture.playMore(stream);
    else
        m_capture.play(stream);
}

void FakeSession::start(const LaunchSpec &spec) {
    m_calls << u"start"_s;
    m_spec = spec;
    playState(State::starting);
}

void FakeSession::pause() {
    m_calls << u"pause"_s;
    if (m_state == State::running)
        playState(State::paused);
}

void FakeSession::resume() {
    m_calls << u"resume"_s;
    if (m_state == State::paused)
        playState(State::running);
}

void FakeSession::reset() {
    m_calls << u"reset"_s;
}

void FakeSession::stop() {
    m_calls << u"stop"_s;
    if (m_state == State::starting || m_state == State::running || m_state == State::paused)
        playEnd({EndKind::stoppedByUser, u"Stopped."_s, {}});
}

void FakeSession::sendConsoleInput(const QByteArray &bytes) {
    m_consoleInput += bytes;
}

void FakeSession::addNsmBreak(const qmp::BreakRule &wanted) {
    m_calls << u"break"_s;
    m_rules.append({qmp::MachineRule::Kind::breakpoint, m_nextRule++, ruleText(wanted), 0});
    emit nsmRulesChanged(m_rules);
}

void FakeSession::addNsmFault(const qmp::FaultRule &wanted) {
    m_calls << u"fault"_s;
    m_rules.append({qmp::MachineRule::Kind::fault, m_nextRule++, ruleText(wanted), 0});
    emit nsmRulesChanged(m_rules);
}

void FakeSession::removeNsmRule(qmp::MachineRule::Kind kind, quint32 id) {
    m_calls << u"remove"_s;
    m_rules.removeIf([&](const qmp::MachineRule &rule) { return rule.kind == kind && rule.id == id; });
    emit nsmRulesChanged(m_rules);
}

void FakeSession::playBreak(const qmp::BreakHit &hit) {
    emit breakHit(hit);
    playState(State::paused);
}

void FakeSession::playDebugger(DebugTarget *target) {
    m_debugTarget = target;
    playState(State::paused);
    emit debuggerReady(u"/run/fake/gdb"_s);
}

void FakeSession::playState(State state) {
    if (m_state == state)
        return;
    m_state = state;
    const bool answers = state == State::running || state == State::paused;
    if (answers != vsock().isConnected())
        vsock().setSender(answers ? m_vsockMachine.sender() : VsockControl::Sender());
    emit stateChanged(state);
    if (state != State::starting)
        return;
    m_stream.reset();
    m_hostNs = m_guestNs = 0;
    m_capture.play({});
}

void FakeSession::playStage(const BootStage &stage) {
    m_hostNs = stage.hostNs;
    m_guestNs = stage.virtualNs;
    record([&](NitroCapture *stream) {
        nitro_capture_boot_stage(stream, qPrintable(stage.stage), stage.index, qPrintable(stage.text));
    });
    emit bootStage(stage);
}

void FakeSession::playBootFailure(const BootFailure &failure) {
    if (!failure.stage.isEmpty()) // what the platform refuses never gets a stream
        record([&](NitroCapture *stream) {
            const QByteArray stage = failure.stage.toUtf8(), code = failure.eCode.toUtf8(),
                             message = failure.message.toUtf8();
            const NitroCaptureBootFailure written{
                stage.constData(),          failure.reason.toUInt(),    failure.section.value_or(-1),
                failure.offset.has_value(), failure.offset.value_or(0), code.constData(),
                message.constData()};
            nitro_capture_boot_failure(stream, &written);
        });
    emit bootFailed(failure);
}

void FakeSession::playConsole(const QByteArray &bytes) {
    record([&](NitroCapture *stream) {
        nitro_capture_console(stream, NITRO_CAPTURE_OUTBOUND,
                              reinterpret_cast<const uint8_t *>(bytes.constData()),
                              static_cast<size_t>(bytes.size()));
    });
    emit consoleOutput(bytes);
}

void FakeSession::playPcrs(const QVector<PcrValue> &pcrs) {
    record([&](NitroCapture *stream) {
        for (const PcrValue &pcr : pcrs)
            nitro_capture_pcr(stream, static_cast<unsigned>(pcr.index),
                              reinterpret_cast<const uint8_t *>(pcr.value.constData()), pcr.locked, "seed",
                              0);
    });
}

void FakeSession::playLog(LogLevel level, const QString &text) {
    emit logLine({QDateTime::currentDateTimeUtc(), level, u"session"_s, text});
}

void FakeSession::playEnd(const EndReason &reason) {
    m_debugTarget = nullptr;
    if (m_capture.state() == CaptureSource::State::live)
        m_capture.playState(CaptureSource::State::complete);
    playState(isFailure(reason.kind) ? State::failed : State::ended);
    emit ended(reason);
}

void FakeSession::playDemoBoot() {
    playState(State::starting);
    playState(State::running);
    const char *const stages[] = {"reset", "header", "crc", "kernel", "ramdisk", "handoff"};
    qint64 now = 0;
    for (const char *stage : stages) {
        now += 1'000'000;
        const QString name = QString::fromLatin1(stage);
        playStage({name, name == "ramdisk"_L1 ? 0 : -1, now, now * 2, {}});
    }
    QVector<PcrValue> pcrs;
    for (int i = 0; i < 32; ++i)
        pcrs.append({i, QByteArray(48, i < 3 ? static_cast<char>(0x11 * (i + 1)) : '\0'), i < 16});
    playPcrs(pcrs);
    playConsole("Linux version 6.12.0 (demo)\r\nready\r\n"_ba);
}

} // namespace nitroscope::app
