// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/session/run/enclave_run.hpp"

#include "app/core/output/file_writer.hpp"
#include "app/core/program_locations.hpp"
#include "app/session/debug/live_target.hpp"
#include "app/session/launch/eif_architecture.hpp"
#include "app/session/launch/launch_options.hpp"
#include "app/session/registry/vsock_places.hpp"
#include "app/session/run/memory_room.hpp"

#include <QFileInfo>
#include <QJsonArray>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;
namespace {

using State = EnclaveSession::State;

// Whether the file is an EIF, or a file at all, is the machine's to judge: its words are the user's.
quint64 eifBytesOf(const LaunchSpec &spec) {
    const QFileInfo eif(spec.eifPath);
    return eif.isFile() ? static_cast<quint64>(eif.size()) : 0;
}

} // namespace

EnclaveRun::EnclaveRun(const LaunchSpec &spec, const RunLimits &limits, LiveCapture *capture, QObject *parent)
    : QObject(parent), m_spec(spec), m_limits(limits), m_capture(capture) {
    connect(&m_qmpServer, &ChannelServer::connected, this, &EnclaveRun::openQmp);
    connect(&m_console, &ConsolePipe::received, this, &EnclaveRun::onConsole);
    connect(&m_console, &ConsolePipe::taken, this, &EnclaveRun::consoleInputTaken);
    m_connectTimer.setSingleShot(true);
    connect(&m_connectTimer, &QTimer::timeout, this, [this] {
        loseContact({u"qemu-silent"_s,
                     u"QEMU was not ready within %1 seconds."_s.arg(m_limits.connectMs / 1000.0),
                     std::nullopt,
                     {}});
    });
    m_drainTimer.setSingleShot(true);
    connect(&m_drainTimer, &QTimer::timeout, this, [this] {
        m_finished = true;
        if (m_evidence.guestStarted && wantsFindings())
            writeFindings();
        else
            conclude();
    });
    m_panicTimer.setSingleShot(true);
    connect(&m_panicTimer, &QTimer::timeout, this, [this] {
        if (!m_ending && !m_processGone)
            endQemu();
    });
    connect(&m_nsm, &NsmControl::refused, this,
            [this](const Error &error) { log(LogLevel::warning, "machine", error.text()); });
    connectProcess();
}

EnclaveRun::~EnclaveRun() {
    m_target.reset();
    // The socket dies with our members and would tell the client of it when we are half gone.
    delete m_qmp;
}

void EnclaveRun::connectProcess() {
    connect(&m_process, &ChildProcess::errorLine, this, [this](const QString &line) {
        if (auto refusal = readRefusal(line)) {
            m_refusal = std::move(refusal);
            return;
        }
        const bool warning = line.contains("warning"_L1, Qt::CaseInsensitive);
        log(warning ? LogLevel::warning : LogLevel::error, "qemu", line);
    });
    connect(&m_process, &ChildProcess::failedToStart, this, [this](const QString &why) {
        m_evidence.startError = Error{u"qemu-missing"_s, why, std::nullopt, {}};
        onProcessEnd({});
    });
    connect(&m_process, &ChildProcess::finished, this, &EnclaveRun::onProcessEnd);
}

void EnclaveRun::begin() {
    if (m_evidence.stopAsked) // between start() and now
        onProcessEnd({});
    else if (!hasMemoryRoom())
        onProcessEnd({});
    else if (m_spec.recordingPath.isEmpty())
        launch();
    else
        prepareRecording();
}

void EnclaveRun::refuseStart(const Error &error) {
    m_evidence.startError = error;
    onProcessEnd({});
}

void EnclaveRun::launch() {
    QString program;
    QStringList arguments;
    if (const auto prepared = prepare(&program, &arguments); !prepared) {
        refuseStart(prepared.error());
        return;
    }
    log(LogLevel::debug, "session", shellCommand(program, arguments));
    m_connectTimer.start(m_limits.connectMs);
    m_process.start(program, arguments);
}

Result<void> EnclaveRun::prepare(QString *program, QStringList *arguments) {
    if (m_spec.eifPath.isEmpty())
        return failure(u"no-eif"_s, u"No EIF was given."_s);
    if (!m_spec.capturePath.isEmpty())
        if (auto checked = checkPlace(m_spec.capturePath); !checked)
            return checked;
    for (const QString &path : {m_spec.profilePath, m_spec.coveragePath})
        if (auto checked = path.isEmpty() ? Result<void>() : checkPlace(path); !checked)
            return checked;
    if (auto ready = checkReadiness(m_spec); !ready)
        return ready;
    auto qemu = locateQemu(m_spec.qemuPath, emulatorOfEif(m_spec.eifPath));
    if (!qemu)
        return tl::unexpected(qemu.error());
    auto folder = RuntimeFolder::create();
    if (!folder)
        return tl::unexpected(folder.error());
    m_folder.emplace(*std::move(folder));

    LaunchChannels channels{m_folder->filePath(u"qmp"_s), m_folder->filePath(u"console"_s), {}, {}};
    if (m_capture && !m_spec.replays) {
        channels.capture = m_folder->filePath(u"capture"_s);
        if (auto listening = m_capture->listen(channels.capture); !listening)
            return listening;
        if (m_recording)
            m_capture->record(m_recording->files.capture());
        else if (!m_spec.capturePath.isEmpty())
            m_capture->record(m_spec.capturePath);
    }
    if (auto listening = m_qmpServer.listen(channels.qmp); !listening)
        return listening;
    if (auto opened = m_console.open(channels.console); !opened)
        return opened;

    if (auto placed = placeVsock(); !placed)
        return placed;
    channels.vsock = m_spec.vsock.path;
    channels.findings = m_folder->path();
    if (auto saved = enterRecording(); !saved)
        return saved;
    if (m_spec.debugger)
        if (auto prepared = prepareDebugger(&channels.gdbStub); !prepared)
            return prepared;

    *program = *qemu;
    *arguments = launchArguments(m_spec, eifBytesOf(m_spec), channels);
    return {};
}

// A refusal as the machine's own: nitro-cli has a number for it.
bool EnclaveRun::hasMemoryRoom() {
    const auto room = checkMemoryRoom(memoryMiBOf(m_spec, eifBytesOf(m_spec)));
    if (room)
        return true;
    m_evidence.bootFailure = BootFailure{{}, {}, u"E27"_s, room.error().message, {}, {}};
    emit bootFailed(*m_evidence.bootFailure);
    return false;
}

// A CID that nobody has, and a socket that those who look for enclaves will find.
Result<void> EnclaveRun::placeVsock() {
    VsockOptions &vsock = m_spec.vsock;
    if (m_spec.replays) { // nobody reaches it, and its CID is that of then
        vsock.path = m_folder->filePath(QLatin1String(vsockFileName));
        return {};
    }
    const QString path = vsock.path.isEmpty() ? m_folder->filePath(QLatin1String(vsockFileName))
                                              : QFileInfo(vsock.path).absoluteFilePath();
    const auto place = claimVsockPlace(m_folder->path(), {vsock.cid, path});
    if (!place)
        return tl::unexpected(place.error());
    vsock.cid = place->cid;
    vsock.path = place->path;
    return {};
}

// Before the guest starts, so that the stream is of one kind from its first packet on.
void EnclaveRun::limitCapture() {
    constexpr int headerBytes = 76; // docs/capture-format.md, "vsock"
    if (!m_spec.vsock.headersOnly || !hasCapture())
        return;
    const QJsonObject snap{{u"interface"_s, u"vsock"_s}, {u"bytes"_s, headerBytes}};
    m_qmp->execute(qmp::captureControlCommand, {{u"snap-lengths"_s, QJsonArray{snap}}}, this,
                   [this](const qmp::Client::Reply &reply) {
                       if (!reply)
                           log(LogLevel::warning, "session", reply.error().text());
                   });
}

void EnclaveRun::openQmp(QLocalSocket *socket) {
    qmp::Client::Limits limits;
    limits.greetingMs = m_limits.connectMs;
    m_qmp = new qmp::Client(socket, limits, this);
    connect(m_qmp, &qmp::Client::ready, this, &EnclaveRun::onReady);
    connect(m_qmp, &qmp::Client::eventReceived, this, &EnclaveRun::onEvent);
    connect(m_qmp, &qmp::Client::protocolProblem, this,
            [this](const Error &error) { log(LogLevel::warning, "session", error.text()); });
    connect(m_qmp, &qmp::Client::closed, this, [this](const Error &error) {
        // The end of the connection is normally the end of QEMU, which says more; only when QEMU then lives
        // on, something is wrong.
        if (!m_processGone && !m_ending)
            loseContact(error);
        finishWhenDrained();
    });
}

void EnclaveRun::onReady(const QString &version) {
    m_connectTimer.stop();
    log(LogLevel::debug, "session", u"QEMU %1 is ready."_s.arg(version));
    m_sockets.note(m_spec.vsock);
    noteVersion(version);
    m_nsm.setClient(m_qmp);
    m_machine.setClient(m_qmp);
    limitCapture();
    emit monitorReady(m_qmp);
    if (m_ending)
        return;
    m_evidence.guestStarted = true;
    if (!m_gdb) {
        if (m_spec.replays)
            emit stateChanged(State::paused); // where to go is not ours to say
        else
            command(u"cont"_s);
        return;
    }
    // The debugger starts the guest; a QMP `cont` would leave the stub's client unaware.
    if (m_gdb->broker() && m_gdb->broker()->isReady())
        startDebugger(Entered::atReset);
    else
        connect(m_gdb.get(), &GdbEndpoint::ready, this, [this] { startDebugger(Entered::atReset); });
}

void EnclaveRun::onEvent(const qmp::Event &event) {
    m_machine.takeEvent(event);
    if (event.name == qmp::bootStageEvent) {
        if (const auto stage = qmp::readBootStage(event.data)) {
            emit bootStage(*stage);
        } else {
            log(LogLevel::warning, "session", stage.error().text());
        }
    } else if (event.name == qmp::bootWarningEvent) {
        const auto problem = qmp::readBootProblem(event.data);
        logEvent(LogLevel::warning, problem ? problem->message : problem.error().text());
    } else if (event.name == qmp::bootFailedEvent) {
        onBootFailed(event.data);
    } else if (event.name == qmp::breakEvent) {
        onBreak(event.data);
    } else if (event.name == "SHUTDOWN"_L1) {
        onShutdown(event.data);
    } else if (m_ending) {
        return; // stops that belong to the end are no pauses
    } else if (event.name == "STOP"_L1) {
        m_runs = false;
        reportRunState();
        askWhyStopped();
    } else if (event.name == "RESUME"_L1) {
        m_runs = true;
        reportRunState();
    }
}

void EnclaveRun::onBreak(const QJsonObject &data) {
    const auto hit = qmp::readBreakHit(data);
    if (!hit) {
        log(LogLevel::warning, "session", hit.error().text());
        return;
    }
    logEvent(LogLevel::info, u"Break %1: %2."_s.arg(hit->id).arg(hit->detail));
    emit breakHit(*hit);
    m_nsm.refresh();
}

void EnclaveRun::onConsole(const QByteArray &bytes) {
    const bool hadPanic = m_scanner.hasPanicked();
    m_scanner.feed(bytes);
    emit consoleOutput(bytes);
    if (m_scanner.hasPanicked() && !hadPanic && !m_spec.replays)
        onPanic();
}

void EnclaveRun::command(const QString &name) {
    if (!m_qmp || m_qmp->state() != qmp::Client::State::ready) {
        log(LogLevel::info, "session", u"QEMU is not ready for %1 yet."_s.arg(name));
        return;
    }
    m_qmp->execute(name);
}

void EnclaveRun::pause() {
    if (m_target)
        m_target->interrupt();
    else
        command(u"stop"_s);
}
void EnclaveRun::resume() {
    if (m_target)
        m_target->resume();
    else
        command(u"cont"_s);
}
void EnclaveRun::reset() {
    // A panic before this is no longer the reason of an end. Not tied to the event of the new boot: console
    // and monitor are two channels, and either may be ahead of the other.
    m_console.drain();
    m_scanner = {};
    m_panicTimer.stop();
    m_evidence.panicEndsRun = m_evidence.internalError = false;
    command(qmp::enclaveResetCommand);
}

void EnclaveRun::sendConsoleInput(const QByteArray &bytes) {
    if (m_spec.replays) {
        log(LogLevel::warning, "session",
            u"Nothing can be typed in a replay: what was typed then is typed again."_s);
        return;
    }
    if (!m_process.isRunning() || m_console.write(bytes))
        return;
    log(LogLevel::warning, "session", u"Console input was dropped: the guest does not read it."_s);
}

void EnclaveRun::log(LogLevel level, const char *source, const QString &text) {
    emit logLine({QDateTime::currentDateTimeUtc(), level, QString::fromLatin1(source), text});
}

void EnclaveRun::logEvent(LogLevel level, const QString &text) {
    emit logLine({QDateTime::currentDateTimeUtc(), level, u"machine"_s, text, true});
}

} // namespace nitroscope::app
