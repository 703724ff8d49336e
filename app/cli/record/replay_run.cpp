// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/cli/record/replay_run.hpp"

#include "app/cli/debug/gdb_script.hpp"
#include "app/cli/kit/console_output.hpp"
#include "app/cli/kit/exit_code.hpp"
#include "app/core/worker.hpp"
#include "app/session/debug/live_target.hpp"
#include "app/session/kernel/vmcore.hpp"

#include <QCoreApplication>

namespace nitroscope::cli {

using namespace Qt::Literals::StringLiterals;

using app::EnclaveSession;
using app::ReplayControl;

ReplayRun::ReplayRun(const ReplayOptions &options)
    : m_options(options), m_signals([this](int signal) {
          if (m_code) // a second time: now
              QCoreApplication::exit(bySignal + signal);
          if (m_gdb.state() == QProcess::NotRunning) // else Ctrl-C is gdb's
              stopWith(bySignal + signal);
      }) {
    const ReplayControl *replay = m_session.replay();
    connect(&m_session, &EnclaveSession::stateChanged, this, &ReplayRun::onState);
    connect(&m_session, &EnclaveSession::debuggerReady, this, [this](const QString &socket) {
        m_socket = socket;
        begin();
    });
    connect(&m_session, &EnclaveSession::consoleOutput, this, [this](const QByteArray &bytes) {
        if (!m_options.place && !m_options.gdb)
            write(bytes);
    });
    connect(&m_session, &EnclaveSession::logLine, this, [](const app::LogEntry &entry) {
        if (entry.level >= app::LogLevel::warning || entry.text.startsWith("gdb may connect"_L1))
            say(u"%1: %2"_s.arg(entry.source, entry.text));
    });
    connect(&m_session, &EnclaveSession::ended, this, &ReplayRun::onEnd);
    connect(replay, &ReplayControl::changed, this, &ReplayRun::begin);
    connect(replay, &ReplayControl::reached, this, &ReplayRun::onArrival);
    connect(replay, &ReplayControl::ended, this, [this](quint64) {
        if (!m_options.place && !m_options.gdb)
            stopWith(ok);
    });
    connect(replay, &ReplayControl::seekFailed, this, [this](const app::Error &error) {
        say(error.text());
        stopWith(refused);
    });
    connect(replay, &ReplayControl::diverged, this, [this](const app::ReplayDivergence &where) {
        say(u"The replay left the recording at instruction %1: %2 was %3, and is %4. What came after it did not happen so."_s
                .arg(QString::number(where.instruction), where.what, where.expected, where.found));
        stopWith(hasDiverged);
    });
    connect(&m_gdb, &QProcess::finished, this, [this](int code) { onGdbEnd(code); });
    connect(&m_gdb, &QProcess::errorOccurred, this, [this](QProcess::ProcessError error) {
        if (error != QProcess::FailedToStart)
            return;
        say(u"gdb cannot be started; install it (apt install gdb)."_s);
        onGdbEnd(qemuFailed);
    });
}

int ReplayRun::exec() {
    if (!m_folder.isValid()) {
        say(u"A temporary folder cannot be created: %1"_s.arg(m_folder.errorString()));
        return refused;
    }
    m_options.spec.debugger = needsStub();
    m_session.start(m_options.spec);
    return QCoreApplication::exec();
}

void ReplayRun::onState(EnclaveSession::State state) {
    if (state == EnclaveSession::State::paused)
        begin();
}

// Once, when the machine stands at the start and has said how long the recording is; where its stub is needed, that must be ready, too.
void ReplayRun::begin() {
    const ReplayControl *replay = m_session.replay();
    if (m_hasBegun || m_code || m_session.state() != EnclaveSession::State::paused || !replay->end() ||
        (needsStub() && m_socket.isEmpty()))
        return;
    m_hasBegun = true;
    if (replay->isCut())
        say(u"The recording was cut short: it ends at instruction %1."_s.arg(*replay->end()));
    if (m_options.place)
        seek();
    else if (m_options.gdb)
        startGdb();
    else
        m_session.resume();
}

void ReplayRun::seek() {
    const auto instruction =
        app::findPlace(m_options.recording.files.capture(), *m_options.place, *m_session.replay()->end());
    if (instruction) {
        m_session.replay()->seek(*instruction);
        return;
    }
    say(instruction.error().text());
    stopWith(refused);
}

void ReplayRun::onArrival(quint64 instruction) {
    if (!m_options.place || m_code)
        return;
    if (m_options.gdb)
        startGdb();
    else if (!m_options.vmcore.isEmpty())
        askRegisters();
    else
        tellMoment(instruction);
}

void ReplayRun::tellMoment(quint64 instruction) {
    const auto console = [this](const QByteArray &bytes) {
        if (m_options.console)
            write(bytes);
    };
    const auto moment = app::readMoment(m_options.recording.files.capture(), instruction, console);
    if (!moment) {
        say(moment.error().text());
        stopWith(refused);
    } else {
        stopWith(m_options.console ? ok : printText(momentText(*moment, m_options.form)));
    }
}

void ReplayRun::startGdb() {
    const app::LiveTarget *target = m_session.liveTarget();
    if (!target || m_gdb.state() != QProcess::NotRunning)
        return;
    const GdbScript script{m_socket, m_folder.path(), app::BootPoint::vsockPacket};
    if (const auto started = cli::startGdb(m_gdb, script, *target, m_options.gdbArguments); !started) {
        say(started.error().text());
        stopWith(refused);
    }
}

// Of all CPUs, as QEMU's monitor shows them.
void ReplayRun::askRegisters() {
    if (!m_session.monitor())
        return stopWith(qemuFailed);
    m_session.monitor()->execute(u"human-monitor-command"_s, {{u"command-line"_s, u"info registers -a"_s}},
                                 this, [this](const qmp::Client::Reply &reply) {
                                     writeCore(reply ? reply->toString().toUtf8() : QByteArray());
                                 });
}

void ReplayRun::writeCore(const QByteArray &registers) {
    const app::LiveTarget *target = m_session.liveTarget();
    if (!target || !target->physicalMemory()) {
        say(u"QEMU's memory of the guest cannot be read here."_s);
        return stopWith(refused);
    }
    const guest::PhysicalMemory &memory = *target->physicalMemory();
    const auto image = symbols::KernelImage::open(m_options.spec.eifPath);
    const app::VmcoreRequest request{memory, image ? *image : symbols::KernelImagePointer(),
                                     memory.architecture().coreDump.registers(registers), m_options.vmcore};
    app::runInWorker(
        this,
        [request] {
            return app::writeVmcore(request, [](quint64, quint64) { return SignalWatch::received() == 0; });
        },
        [this](const app::Result<app::VmcoreSummary> &summary) {
            if (!summary) {
                say(summary.error().text());
                return stopWith(refused);
            }
            for (const QString &missing : summary->missing)
                say(missing);
            if (summary->slide && *summary->slide != 0)
                say(app::slideAdvice(*summary->slide));
            stopWith(ok);
        });
}

void ReplayRun::onGdbEnd(int code) {
    stopWith(m_code.value_or(code));
    if (m_hasEnded)
        QCoreApplication::exit(*m_code);
}

void ReplayRun::stopWith(int code) {
    if (m_code)
        return;
    m_code = code;
    m_session.stop();
}

void ReplayRun::onEnd(const app::EndReason &reason) {
    m_hasEnded = true;
    if (!m_code) {
        say(reason.message);
        if (!reason.advice.isEmpty())
            say(reason.advice);
        m_code = exitCodeOf(reason, std::nullopt) == qemuFailed ? qemuFailed : refused;
    }
    if (m_gdb.state() == QProcess::NotRunning)
        QCoreApplication::exit(*m_code);
}

void ReplayRun::write(const QByteArray &bytes) {
    const auto written = app::writeOutput(bytes, [] { return SignalWatch::received() != 0; });
    if (written == app::Written::readerGone || written == app::Written::failed)
        stopWith(outputCode(written, ok, cutOutput));
}

} // namespace nitroscope::cli
