// SPDX-License-Identifier: GPL-2.0-or-later
//
// One QEMU process from its start to its end: what LiveSession creates for each start() and deletes after
// each end, so that nothing of an old run can reach a new one.
//
//   begin() -> a recording is made or judged -> socket and pipes are there -> QEMU starts, stopped -> its monitor connects -> QMP negotiates
//   -> cont -> events ... -> an end is seen or asked for -> quit -> the process is gone, monitor and console are
//   read to their end -> finished()
#pragma once

#include "app/core/child_process.hpp"
#include "app/core/runtime_folder.hpp"
#include "app/proto/qmp/client.hpp"
#include "app/proto/qmp/nitro_messages.hpp"
#include "app/proto/qmp/vsock_messages.hpp"
#include "app/session/capture/live_capture.hpp"
#include "app/session/debug/machine_control.hpp"
#include "app/session/gdb/gdb_endpoint.hpp"
#include "app/session/launch/launch_arguments.hpp"
#include "app/session/nsm/nsm_control.hpp"
#include "app/session/process/channel_server.hpp"
#include "app/session/process/console_pipe.hpp"
#include "app/session/process/socket_cleanup.hpp"
#include "app/session/record/recording.hpp"
#include "app/session/run/enclave_session.hpp"
#include "app/session/run/end_reason.hpp"

#include <QTimer>

namespace nitroscope::app {

class LiveTarget;

struct RunLimits {
    int connectMs = 30'000;  // from start to QMP's readiness
    int stopGraceMs = 3'000; // after quit until SIGTERM, and from there until SIGKILL
    int drainMs = 1'000;     // after QEMU's end for what is still in the monitor's socket
    // From a panic until the run is ended, where nobody debugs it. Without: until the guest reboots itself, if its
    // command line tells it to.
    std::optional<int> afterPanicMs = std::nullopt;
};

class EnclaveRun : public QObject {
    Q_OBJECT
public:
    // `capture`, when given, reads the run's capture stream and outlives the run.
    EnclaveRun(const LaunchSpec &spec, const RunLimits &limits, LiveCapture *capture = nullptr,
               QObject *parent = nullptr);
    ~EnclaveRun() override;

    void begin();
    void pause();
    void resume();
    void reset();
    void stop();
    void sendConsoleInput(const QByteArray &bytes);
    void attachDebugger(); // see debugger_access.hpp
    qsizetype consoleInputWaiting() const { return m_console.waiting(); }
    NsmControl &nsmControl() { return m_nsm; }
    LiveTarget *debugTarget() const { return m_target.get(); }

signals:
    void stateChanged(nitroscope::app::EnclaveSession::State state); // running and paused only
    void bootStage(const nitroscope::app::BootStage &stage);
    void bootFailed(const nitroscope::app::BootFailure &failure);
    void consoleOutput(const QByteArray &bytes);
    void consoleInputTaken();
    void breakHit(const nitroscope::qmp::BreakHit &hit);
    void debuggerReady(const QString &socket);
    // The machine answers; before the guest starts. The client dies with the run.
    void monitorReady(nitroscope::qmp::Client *client);
    void logLine(const nitroscope::app::LogEntry &entry);
    void finished(const nitroscope::app::EndReason &reason); // last of all

private:
    void launch();
    void refuseStart(const Error &error);
    void prepareRecording();
    Result<void> enterRecording();
    void noteVersion(const QString &version);
    void endRecording(const EndReason &reason);
    bool hasCapture() const;
    Result<void> prepare(QString *program, QStringList *arguments);
    Result<void> placeVsock();
    bool hasMemoryRoom();
    void limitCapture();
    void connectProcess();
    enum class Entered { atReset, later }; // by the debugger
    Result<void> prepareDebugger(QString *stub);
    void startDebugger(Entered where);
    bool monitor(const QByteArray &words, const std::function<void(const QByteArray &)> &answer);
    void reportRunState();
    void openQmp(QLocalSocket *socket);
    void onReady(const QString &version);
    void onEvent(const qmp::Event &event);
    void onBreak(const QJsonObject &data);
    void onShutdown(const QJsonObject &data);
    void onPanic();
    void askWhyStopped();
    void onBootFailed(const QJsonObject &data);
    void onProcessEnd(const ProcessEnd &end);
    void onConsole(const QByteArray &bytes);
    void command(const QString &name);
    void endQemu();
    void loseContact(const Error &error);
    void finishWhenDrained();
    void conclude();
    void writeFindings();
    bool wantsFindings() const;
    void log(LogLevel level, const char *source, const QString &text);
    void logEvent(LogLevel level,
                  const QString &text); // of the machine, which the capture stream has as well

    LaunchSpec m_spec;
    RunLimits m_limits;
    LiveCapture *m_capture;
    std::optional<Recording> m_recording;  // with LaunchSpec::recordingPath
    std::stop_source m_stopRecording;      // while it is being made
    std::optional<RuntimeFolder> m_folder; // outlives socket, pipes and process
    ChannelServer m_qmpServer;
    std::unique_ptr<GdbEndpoint> m_gdb; // with LaunchSpec::debugger, or attached later
    MachineControl m_machine;
    std::unique_ptr<LiveTarget> m_target; // dies before what it uses
    QTimer m_stepTimer;
    ConsolePipe m_console;
    SocketCleanup m_sockets; // after the process's end
    ChildProcess m_process;
    QPointer<qmp::Client> m_qmp;
    NsmControl m_nsm;
    QTimer m_connectTimer;
    QTimer m_drainTimer;
    QTimer m_panicTimer;
    ConsoleScanner m_scanner;
    RunEvidence m_evidence;
    std::optional<BootFailure> m_refusal; // what the machine said before its monitor was there
    bool m_runs = false;                  // the machine, as QMP tells
    bool m_ending = false;                // quit was sent, or QEMU is to be killed
    bool m_processGone = false;
    bool m_finished = false;
};

} // namespace nitroscope::app
