// SPDX-License-Identifier: GPL-2.0-or-later
//
// `run-enclave`: boots an EIF and shows its console, without a display. Console to standard output and
// nothing else there; stages, warnings and the end to standard error; what happened as the exit code.
#include "app/cli/enclave/kms_beside.hpp"
#include "app/cli/enclave/message_holder.hpp"
#include "app/cli/enclave/run_options.hpp"
#include "app/cli/enclave/terminal_input.hpp"
#include "app/cli/kit/arguments.hpp"
#include "app/cli/kit/console_output.hpp"
#include "app/cli/kit/exit_code.hpp"
#include "app/cli/kit/launch_options.hpp"
#include "app/cli/kit/nitro_error.hpp"
#include "app/cli/kit/signal_watch.hpp"
#include "app/session/capture/recorded_capture.hpp"
#include "app/session/record/recording_files.hpp"
#include "app/session/registry/enclave_registry.hpp"
#include "app/session/run/live_session.hpp"

#include <csignal>
#include <cstring>
#include <QCoreApplication>
#include <QElapsedTimer>
#include <QTimer>

namespace nitroscope::cli {

using namespace Qt::Literals::StringLiterals;
namespace {

using app::EnclaveSession;

// One run from start to exit code.
class Run : public QObject {
public:
    explicit Run(const RunOptions &options)
        : m_options(options), m_session(app::unattendedLimits(), streamOf(options.kms, options.spec)),
          m_input([this](const QByteArray &bytes) { onInput(bytes); }),
          m_signals([this](int signal) { onSignal(signal); }),
          m_awaited(QByteArray::fromStdString(options.inputAfter)) {
        connect(&m_session, &EnclaveSession::stateChanged, this, &Run::onState);
        connect(&m_session, &EnclaveSession::bootStage, this, &Run::onStage);
        connect(&m_session, &EnclaveSession::bootFailed, this,
                [this](const app::BootFailure &failure) { m_failure = failure; });
        connect(&m_session, &EnclaveSession::consoleOutput, this, &Run::onConsole);
        connect(&m_session, &app::LiveSession::consoleInputTaken, this, [this] { m_input.goOn(); });
        connect(&m_session, &EnclaveSession::logLine, this, &Run::onLog);
        connect(&m_session, &EnclaveSession::ended, this, &Run::onEnd);
        if (app::LiveCapture *capture = m_session.capture())
            connect(capture, &app::CaptureSource::recordingChanged, this,
                    [this](bool, const QString &problem) { m_captureProblem += problem; });
        m_timeout.setSingleShot(true);
        connect(&m_timeout, &QTimer::timeout, this, [this] {
            say(u"The enclave did not end within %1 seconds."_s.arg(m_options.timeoutSeconds));
            stopWith(timedOut);
        });
    }

    int exec() {
        app::LaunchSpec &spec = m_options.spec;
        if (const auto started = beginKms(); !started) {
            say(started.error().text());
            return refused;
        }
        const quint64 memory = memoryOf(spec);
        say(u"Starting %1 with %2 MiB and %3 vCPU%4."_s.arg(nameOf(m_options))
                .arg(memory)
                .arg(spec.cpuCount)
                .arg(spec.cpuCount == 1 ? QString() : u"s"_s));
        say(spec.debugMode
                ? u"Debug mode: PCR 0, 1, 2 and 8 read as zero."_s
                : u"PCRs are real ones; nitro-cli would turn on --debug-mode with --attach-console."_s);
        if (m_options.timeoutSeconds > 0)
            m_timeout.start(std::chrono::milliseconds(qint64(m_options.timeoutSeconds * 1000)));
        m_clock.start();
        m_session.start(spec);
        return QCoreApplication::exec();
    }

private:
    app::Result<void> beginKms() {
        auto kms = startKms(m_options.kms, m_options.spec);
        if (!kms)
            return tl::unexpected(kms.error());
        if (!(m_kms = *std::move(kms)))
            return {};
        m_kms->follow(m_session.capture());
        for (const QString &line : placeOf(*m_kms, m_options.spec))
            say(line);
        connect(m_kms.get(), &app::EnclaveKms::called, this, [this](const kms::CallRecord &record) {
            tell(summaryOf(record));
            for (const QString &line : record.explanation.split(u'\n', Qt::SkipEmptyParts))
                tell(u"  "_s + line);
        });
        connect(m_kms.get(), &app::EnclaveKms::refused, this,
                [this](const QString &why) { tell(u"KMS: "_s + why); });
        return {};
    }

    void onState(EnclaveSession::State state) {
        if (state == EnclaveSession::State::running && m_awaited.isEmpty())
            m_input.open();
    }

    // A file or another program is not read faster than the guest does.
    void onInput(const QByteArray &bytes) {
        m_session.sendConsoleInput(bytes);
        if (m_session.consoleInputWaiting() > 0)
            m_input.pause();
    }

    void onStage(const app::BootStage &stage) {
        QString name = stage.stage;
        if (stage.index >= 0)
            name += u" %1"_s.arg(stage.index);
        tell(u"boot stage %1 at %2 ms%3"_s.arg(name)
                 .arg(double(stage.virtualNs) / 1e6, 0, 'f', 1)
                 .arg(stage.text.isEmpty() ? QString() : u": "_s + stage.text));
    }

    void onConsole(const QByteArray &bytes) {
        if (m_messages.isHolding()) {
            // Messages wait for the end of a line, so that none is torn apart by them.
            const qsizetype whole = bytes.lastIndexOf('\n') + 1;
            write(bytes.left(whole));
            m_messages.consoleAt(whole > 0 ? MessageHolder::Line::ended : MessageHolder::Line::open);
            write(bytes.mid(whole));
        } else {
            write(bytes);
        }
        m_messages.consoleAt(bytes.endsWith('\n') ? MessageHolder::Line::ended : MessageHolder::Line::open);
        awaitPrompt(bytes);
    }

    void write(const QByteArray &bytes) {
        if (m_isOutputClosed)
            return;
        const auto written = app::writeOutput(bytes, [this] {
            return SignalWatch::received() != 0 ||
                   (m_options.timeoutSeconds > 0 &&
                    double(m_clock.elapsed()) / 1000 > m_options.timeoutSeconds);
        });
        if (written == app::Written::readerGone || written == app::Written::failed) {
            m_isOutputClosed = true;
            stopWith(outputCode(written, ok, cutOutput));
        }
    }

    void tell(const QString &text) { m_messages.tell(text); }

    // --input-after: a guest that is not listening yet would lose what is piped into it.
    void awaitPrompt(const QByteArray &bytes) {
        if (m_awaited.isEmpty())
            return;
        m_recent += bytes;
        if (m_recent.contains(m_awaited)) {
            m_awaited.clear();
            m_recent.clear();
            m_input.open();
            return;
        }
        m_recent = m_recent.right(m_awaited.size() - 1);
    }

    // QEMU's errors are told at the end, when it is known whether they were the reason or have been said in
    // better words by then.
    void onLog(const app::LogEntry &entry) {
        if (entry.source == "qemu"_L1 && entry.level == app::LogLevel::error && !m_options.verbose)
            keepQemuError(entry.text);
        else if (m_options.verbose || entry.level >= app::LogLevel::warning)
            tell(u"%1: %2"_s.arg(entry.source, entry.text));
    }

    // The first ones: they name the cause, and an enclave can provoke any number of others.
    void keepQemuError(const QString &line) {
        if (m_qemuErrors.size() < maxQemuErrors)
            m_qemuErrors << line;
        else
            ++m_qemuErrorsLeftOut;
    }

    void onSignal(int signal) {
        // A second time: now. The session's destructor kills QEMU.
        if (m_isStopping)
            QCoreApplication::exit(bySignal + signal);
        stopWith(bySignal + signal);
    }

    void stopWith(int code) {
        if (m_isStopping)
            return;
        m_isStopping = true;
        m_stopCode = code;
        m_session.stop();
    }

    void onEnd(const app::EndReason &reason) {
        whenCaptured(m_session, [this, reason] { conclude(reason); });
    }

    void conclude(const app::EndReason &reason) {
        m_messages.release();
        const ExitCode code = exitCodeOf(reason, m_failure);
        if (code == qemuFailed)
            sayQemuErrors(reason);
        // The guest may have ended by itself just before it was to be stopped.
        const bool stopped = reason.kind == app::EndKind::stoppedByUser;
        if (!stopped || !m_isStopping)
            sayEnd(reason);
        sayRecording();
        const bool hasRun = stopped || (code != refused && code != bootFailed && code != qemuFailed);
        QCoreApplication::exit(!hasRun ? int(code) : withCapture(stopped ? m_stopCode : code));
    }

    void sayRecording() const {
        const QString &path = m_options.spec.recordingPath;
        if (!path.isEmpty() && app::findRecording(path))
            say(u"Recorded. See it again: nitroscope-cli replay %1"_s.arg(path));
    }

    // The exit code: that of the run, unless the capture is cut and nothing else went wrong.
    int withCapture(int code) const {
        const QString &path = m_options.spec.capturePath;
        const auto recorded = path.isEmpty() ? app::Result<void>() : app::checkRecordedCapture(path);
        if (recorded && m_captureProblem.isEmpty())
            return code;
        say(recorded ? m_captureProblem : recorded.error().text());
        return code == ok ? cutOutput : code;
    }

    void sayQemuErrors(const app::EndReason &reason) {
        for (const QString &line : std::as_const(m_qemuErrors))
            // The reason usually quotes the last one, without QEMU's name before it.
            if (!reason.message.endsWith(QStringView(line).mid(line.indexOf(": "_L1) + 2)))
                say(line);
        if (m_qemuErrorsLeftOut > 0)
            say(u"QEMU had %1 more messages."_s.arg(m_qemuErrorsLeftOut));
    }

    void sayEnd(const app::EndReason &reason) {
        QString text = reason.message;
        if (m_failure && !m_failure->stage.isEmpty()) {
            text = u"The boot failed at stage %1: %2"_s.arg(m_failure->stage, text);
            if (m_failure->offset)
                text += u" (byte %1 of the EIF)"_s.arg(*m_failure->offset);
        }
        say(text);
        if (!reason.advice.isEmpty())
            say(reason.advice);
    }

    RunOptions m_options;
    app::LiveSession m_session;
    std::unique_ptr<app::EnclaveKms> m_kms;
    QString m_captureProblem; // of a stream that we write ourselves
    TerminalInput m_input;
    SignalWatch m_signals;
    MessageHolder m_messages;
    QTimer m_timeout;
    QElapsedTimer m_clock;
    QByteArray m_awaited; // text on the console before which standard input is not read; empty = read
    QByteArray m_recent;  // the end of the console's output, as long as m_awaited may be split
    std::optional<app::BootFailure> m_failure;
    static constexpr qsizetype maxQemuErrors = 40;
    QStringList m_qemuErrors;
    quint64 m_qemuErrorsLeftOut = 0;
    int m_stopCode = ok;
    bool m_isStopping = false;
    bool m_isOutputClosed = false;
};

} // namespace

int runAttached(const RunOptions &options) {
    return Run(options).exec();
}

void addConsoleOptions(CLI::App &command, RunOptions &options) {
    command.add_option("--timeout", options.timeoutSeconds, "End the enclave after this many seconds")
        ->check(CLI::Range(0.001, 1e7))
        ->type_name("S");
    command
        .add_option("--input-after", options.inputAfter,
                    "Hold standard input back until the console has shown this text")
        ->type_name("TEXT");
    command.add_flag("--verbose", options.verbose, "Also say what is run");
}

namespace {

int runWith(RunOptions options, bool hasEif, bool hasConfig) {
    if (hasEif == hasConfig)
        throw CLI::ValidationError("--eif-path",
                                   hasEif ? "and --config exclude each other" : "or --config is required");
    if (hasConfig) {
        if (const auto read = readRunConfig(options); !read) {
            const int code = fail(read.error(), NitroError::serialisation);
            return options.attachConsole ? refused : code;
        }
    }
    if (!options.cpuIds.empty())
        options.spec.cpuCount = unsigned(options.cpuIds.size());
    if (options.attachConsole) {
        // Nobody is asked for these CPUs, but what nitro-cli refuses is refused.
        const auto checked =
            app::checkCpuIds(QVector<unsigned>(options.cpuIds.begin(), options.cpuIds.end()));
        if (!checked) {
            fail(checked.error(), NitroError::invalidArgument);
            return refused;
        }
        // nitro-cli's console needs debug mode; ours does not, so that people see real PCRs unless their scripts know nitro-cli only.
        options.spec.debugMode = options.spec.debugMode || isCalledNitroCli();
        return runAttached(options);
    }
    return options.keeperChannel >= 0 ? keepEnclave(options) : startDetached(options);
}

} // namespace

void addRunEnclave(CLI::App &parser, int &code) {
    CLI::App *command = parser.add_subcommand("run-enclave", "Boot an EIF");
    auto options = std::make_shared<RunOptions>();
    addLaunchOptions(*command, app::inRunEnclave, options->spec);
    const auto *eif = command->get_option("--eif-path");
    const auto *config =
        command->add_option("--config", options->config, "JSON file with the options of nitro-cli's --config")
            ->type_name("FILE");
    const app::LaunchOption &cpuCount = app::launchOption("cpu-count");
    command->add_option("--cpu-ids", options->cpuIds, "One vCPU for each of these numbers")
        ->check(CLI::Range(0u, maxCpuId))
        ->expected(int(cpuCount.min), int(cpuCount.max))
        ->excludes(command->get_option("--cpu-count"))
        ->type_name("N");
    command->add_option("--enclave-name", options->name, "Name of the enclave [name of the EIF]")
        ->type_name("NAME");
    command->add_flag(
        "--attach-console", options->attachConsole,
        "Console to standard output, standard input to the console, and wait for the end; "
        "without it the enclave runs on by itself. Called as nitro-cli, it also turns on --debug-mode, "
        "as nitro-cli does");
    addConsoleOptions(*command, *options);
    addKmsOptions(*command, options->kms);
    command->footer(exitCodeHelp);
    addJsonFlag(*command);
    command->add_option("--keeper-channel", options->keeperChannel)
        ->group(""); // ours alone, both: see startDetached()
    command->add_option("--keeper-config", options->keeperConfig)->group("");
    command->callback(
        [options, eif, config, &code] { code = runWith(*options, eif->count() > 0, config->count() > 0); });
}

} // namespace nitroscope::cli
