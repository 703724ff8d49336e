// SPDX-License-Identifier: GPL-2.0-or-later
//
// The process of a detached enclave: owns its session, keeps its console in a file, its entry in the
// registry, and ends it on SIGTERM. What it is told through its channel the user's command passes on:
//   say TEXT          a line for standard error
//   started JSON      the enclave runs; the JSON is for standard output
//   failed CODE       it does not, and the exit code says why
#include "app/cli/enclave/enclave_json.hpp"
#include "app/cli/enclave/kms_beside.hpp"
#include "app/cli/enclave/run_options.hpp"
#include "app/cli/kit/arguments.hpp"
#include "app/cli/kit/exit_code.hpp"
#include "app/cli/kit/nitro_error.hpp"
#include "app/cli/kit/signal_watch.hpp"
#include "app/core/output/stream_writer.hpp"
#include "app/core/output/write_all.hpp"
#include "app/core/worker.hpp"
#include "app/formats/eif/eif_document.hpp"
#include "app/session/capture/recorded_capture.hpp"
#include "app/session/registry/vsock_places.hpp"
#include "app/session/run/live_session.hpp"
#include "app/session/run/machine_hold.hpp"

#include <QCoreApplication>
#include <QFileInfo>
#include <QTimer>
#include <thread>
#include <unistd.h>

namespace nitroscope::cli {

using namespace Qt::Literals::StringLiterals;
namespace {

using app::EnclaveSession;

// The console's file: the beginning is what says most, so what comes after the limit is dropped.
class ConsoleFile {
public:
    static constexpr qint64 maxBytes = 16 * 1024 * 1024;

    app::Result<void> open(const QString &path) { return m_file.open(path); }
    // An error once, at the first write that fails.
    app::Result<void> write(const QByteArray &bytes) {
        const qint64 room = maxBytes - m_size;
        if (room <= 0 || !m_file.isOpen())
            return {};
        m_size += bytes.size();
        QByteArray kept = bytes.left(room);
        if (m_size >= maxBytes)
            kept += "\n[nitroscope: the console said more than 16 MiB; the rest is not kept]\n";
        return m_file.write(kept);
    }

private:
    app::StreamWriter m_file{app::StreamWriter::WhenCut::keepsName}; // `console` looks for it
    qint64 m_size = 0;
};

class Keeper : public QObject {
public:
    explicit Keeper(const RunOptions &options)
        : m_options(options), m_session(app::unattendedLimits(), streamOf(options.kms, options.spec)),
          m_signals([this](int signal) { onSignal(signal); }) {
        connect(&m_session, &EnclaveSession::bootStage, this, [this](const app::BootStage &stage) {
            if (stage.stage == "handoff"_L1)
                onStarted();
        });
        connect(&m_session, &EnclaveSession::bootFailed, this,
                [this](const app::BootFailure &failure) { m_failure = failure; });
        connect(&m_session, &EnclaveSession::consoleOutput, this, [this](const QByteArray &bytes) {
            if (auto written = m_console.write(bytes); !written)
                onWarning(written.error().text());
        });
        connect(&m_session, &EnclaveSession::logLine, this, [this](const app::LogEntry &entry) {
            if (entry.level >= app::LogLevel::warning)
                onWarning(u"%1: %2"_s.arg(entry.source, entry.text));
        });
        connect(&m_session, &EnclaveSession::ended, this, &Keeper::onEnd);
        if (app::LiveCapture *capture = m_session.capture())
            connect(capture, &app::CaptureSource::recordingChanged, this,
                    [this](bool, const QString &problem) {
                        if (!problem.isEmpty())
                            onWarning(problem);
                    });
        m_timeout.setSingleShot(true);
        connect(&m_timeout, &QTimer::timeout, this, [this] {
            m_wanted = u"It was ended after %1 seconds (--timeout)."_s.arg(m_options.timeoutSeconds);
            m_wantedCode = timedOut;
            m_session.stop();
        });
    }

    int exec() {
        app::LaunchSpec spec = m_options.spec;
        const auto entered = enter(spec);
        if (!entered) {
            const int code = numberOfCode(entered.error().code).value_or(int(NitroError::fileOperation));
            tell("say", errorText(static_cast<NitroError>(code), entered.error().text()));
            tell("failed", QString::number(code));
            return refused;
        }
        if (const auto started = beginKms(spec); !started) {
            tell("say", errorText(NitroError::invalidArgument, started.error().text()));
            tell("failed", QString::number(int(NitroError::invalidArgument)));
            leaveRegistry(started.error().text());
            return refused;
        }
        tell("say", u"Start allocating memory..."_s);
        if (m_options.timeoutSeconds > 0)
            m_timeout.start(std::chrono::milliseconds(qint64(m_options.timeoutSeconds * 1000)));
        measure(spec.eifPath);
        spec.vsock.cid = m_record.cid;
        if (spec.moduleId.isEmpty())
            spec.moduleId = m_record.moduleId();
        m_session.start(spec);
        return QCoreApplication::exec();
    }

private:
    app::Result<void> enter(const app::LaunchSpec &spec) {
        app::EnclaveRequest request;
        request.name = nameOf(m_options);
        request.instanceId = spec.parentId;
        request.moduleId = spec.moduleId;
        request.cid = spec.vsock.cid;
        // Windows and attached runs choose their CIDs under the same lock.
        const QString base = app::runtimeBase();
        if (auto made = app::ensurePrivateFolder(base); !made)
            return made;
        const auto lock = app::FolderLock::take(base, std::chrono::seconds(10));
        if (!lock)
            return app::baseIsBusy(u"E19"_s, base);
        for (const app::VsockPlace &place : app::runningVsockPlaces())
            request.takenCids.append(place.cid); // of the window and of attached runs
        request.cpuIds = QVector<unsigned>(m_options.cpuIds.begin(), m_options.cpuIds.end());
        request.cpuCount = spec.cpuCount;
        request.memoryMiB = memoryOf(spec);
        request.eifPath = QFileInfo(spec.eifPath).absoluteFilePath();
        if (!spec.recordingPath.isEmpty())
            request.recording = QFileInfo(spec.recordingPath).absoluteFilePath();
        request.debugMode = spec.debugMode;
        auto record = m_registry.enter(request);
        if (!record)
            return tl::unexpected(record.error());
        m_record = *std::move(record);
        if (const auto listening = m_hold.listen(m_registry.holdPath(m_record.id)); !listening)
            tell("say", listening.error().text()); // all else works
        return m_console.open(m_registry.consolePath(m_record.id));
    }

    // Beside the boot, because a large file takes its time.
    void measure(const QString &path) {
        m_measuring = std::jthread([this, path](const std::stop_token &stop) {
            if (const auto measured = app::withoutExceptions([&] { return measureImage(path, stop); }))
                QMetaObject::invokeMethod(
                    this,
                    [this, json = *measured] {
                        m_record.measurements = json;
                        save();
                    },
                    Qt::QueuedConnection);
        });
    }

    void save() {
        if (const auto saved = m_registry.update(m_record); !saved)
            tell("say", saved.error().text());
    }

    // Nobody is there to be told of it once the command has ended; describe-enclaves has it.
    void onWarning(const QString &text) {
        if (!m_record.isStarted)
            tell("say", text);
        else if (!m_record.warnings.contains(text) &&
                 m_record.warnings.size() < app::EnclaveRecord::maxWarnings) {
            m_record.warnings << text;
            save();
        }
    }

    void onStarted() {
        if (m_record.isStarted)
            return;
        m_record.isStarted = true;
        save();
        QStringList cpus;
        for (const unsigned cpu : std::as_const(m_record.cpuIds))
            cpus << QString::number(cpu);
        tell("say", u"Started enclave with enclave-cid: %1, memory: %2 MiB, cpu-ids: [%3]"_s.arg(m_record.cid)
                        .arg(m_record.memoryMiB)
                        .arg(cpus.join(u", "_s)));
        formats::JsonWriter json;
        writeEnclave(json, m_record, EnclaveFields::run);
        // In one line: the command formats nothing, it turns the escaped line breaks back.
        tell("started", QString::fromUtf8(json.text().toBase64()));
        close(m_options.keeperChannel);
        m_options.keeperChannel = -1;
    }

    void onSignal(int signal) {
        if (m_wantedCode) { // asked a second time: now
            QCoreApplication::exit(bySignal + signal);
            return;
        }
        m_wanted = u"It was terminated by the user."_s;
        m_wantedCode = bySignal + signal;
        m_session.stop();
    }

    void onEnd(const app::EndReason &reason) {
        whenCaptured(m_session, [this, reason] { conclude(reason); });
    }

    void conclude(const app::EndReason &reason) {
        const bool isWanted = reason.kind == app::EndKind::stoppedByUser && m_wantedCode;
        m_record.exitCode = isWanted ? m_wantedCode : exitCodeOf(reason, m_failure);
        m_record.end = isWanted ? m_wanted : reason.message;
        m_record.ended = QDateTime::currentDateTimeUtc();
        checkCapture();
        save();
        if (m_options.keeperChannel >= 0) {
            QString text = m_record.end;
            if (m_failure && !m_failure->stage.isEmpty())
                text = u"The boot failed at stage %1: %2"_s.arg(m_failure->stage, text);
            if (m_failure && m_failure->offset)
                text += u" (byte %1 of the EIF)"_s.arg(*m_failure->offset);
            const int code = isWanted ? m_wantedCode : nitroCode(reason);
            tell("say", isWanted ? text : errorText(static_cast<NitroError>(code), text));
            if (!isWanted && !reason.advice.isEmpty())
                tell("say", reason.advice);
            tell("say", u"Its console: nitroscope-cli console --enclave-id %1"_s.arg(m_record.id));
            tell("failed", QString::number(code));
        }
        QCoreApplication::exit(m_record.exitCode);
    }

    app::Result<void> beginKms(app::LaunchSpec &spec) {
        auto kms = startKms(m_options.kms, spec);
        if (!kms)
            return tl::unexpected(kms.error());
        if (!(m_kms = *std::move(kms)))
            return {};
        m_kms->follow(m_session.capture());
        for (const QString &line : placeOf(*m_kms, spec))
            tell("say", line);
        connect(m_kms.get(), &app::EnclaveKms::called, this, [this](const kms::CallRecord &record) {
            if (!record.isGood())
                onWarning(summaryOf(record));
        });
        connect(m_kms.get(), &app::EnclaveKms::refused, this,
                [this](const QString &why) { onWarning(u"KMS: "_s + why); });
        return {};
    }

    // It never ran.
    void leaveRegistry(const QString &why) {
        m_record.exitCode = int(NitroError::invalidArgument);
        m_record.end = why;
        m_record.ended = QDateTime::currentDateTimeUtc();
        save();
    }

    // Whether what QEMU recorded got to the disk.
    void checkCapture() {
        const QString &path = m_options.spec.capturePath;
        if (path.isEmpty() || !m_record.isStarted)
            return;
        if (const auto recorded = app::checkRecordedCapture(path); !recorded)
            onWarning(recorded.error().text());
    }

    // What nitro-cli would exit with: the machine's own code, else that the boot failed.
    int nitroCode(const app::EndReason &reason) const {
        if (m_failure)
            if (const auto number = numberOfCode(m_failure->eCode))
                return *number;
        return int(exitCodeOf(reason, m_failure) == qemuFailed ? NitroError::processSpawn
                                                               : NitroError::enclaveBoot);
    }

    void tell(const char *word, QString text) {
        if (m_options.keeperChannel < 0)
            return;
        const QByteArray line = QByteArray(word) + ' ' + text.replace(u'\n', u' ').toUtf8() + '\n';
        // A few lines into an empty pipe; when the command has gone, nobody needs them.
        if (app::writeAll(m_options.keeperChannel, line) != 0) {
            close(m_options.keeperChannel);
            m_options.keeperChannel = -1;
        }
    }

    RunOptions m_options;
    app::EnclaveRegistry m_registry;
    app::EnclaveRecord m_record;
    ConsoleFile m_console;
    app::LiveSession m_session;
    std::unique_ptr<app::EnclaveKms> m_kms;
    app::HoldServer m_hold{[this] { return m_session.monitor(); }};
    SignalWatch m_signals;
    QTimer m_timeout;
    std::optional<app::BootFailure> m_failure;
    QString m_wanted; // why we stop it, when it is us
    int m_wantedCode = 0;
    std::jthread m_measuring; // last: it uses the others
};

} // namespace

int keepEnclave(const RunOptions &options) {
    return Keeper(options).exec();
}

} // namespace nitroscope::cli
