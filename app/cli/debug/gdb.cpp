// SPDX-License-Identifier: GPL-2.0-or-later
//
// `gdb`: starts an enclave, lets it boot to a stage, and drops into stock gdb there, with the kernel's
// symbols where KASLR has put them and breakpoints at the stages that follow.
#include "app/cli/debug/gdb_script.hpp"
#include "app/cli/kit/arguments.hpp"
#include "app/cli/kit/console_output.hpp"
#include "app/cli/kit/exit_code.hpp"
#include "app/cli/kit/launch_options.hpp"
#include "app/session/debug/boot_point.hpp"
#include "app/session/run/live_session.hpp"

#include <csignal>
#include <QCoreApplication>
#include <QProcess>
#include <QTemporaryDir>

namespace nitroscope::cli {

using namespace Qt::Literals::StringLiterals;
namespace {

using app::BootPoint;
using app::EnclaveSession;

struct GdbOptions {
    app::LaunchSpec spec;
    std::string eif, stage = "unpacked";
    QStringList gdb;
};

class GdbRun : public QObject {
public:
    explicit GdbRun(const GdbOptions &options) : m_options(options) {
        connect(&m_session, &EnclaveSession::debuggerReady, this, &GdbRun::onReady);
        connect(&m_session, &EnclaveSession::consoleOutput, this,
                [this](const QByteArray &bytes) { m_output = app::writeOutput(bytes); });
        connect(&m_session, &EnclaveSession::logLine, this, [](const app::LogEntry &entry) {
            if (entry.level >= app::LogLevel::warning || entry.text.startsWith("gdb may connect"_L1))
                say(u"%1: %2"_s.arg(entry.source, entry.text));
        });
        connect(&m_session, &EnclaveSession::ended, this, [this](const app::EndReason &reason) {
            if (reason.kind != app::EndKind::stoppedByUser)
                say(reason.message);
            m_hasEnded = true;
            if (m_gdb.state() == QProcess::NotRunning)
                finish(m_gdbCode.value_or(exitCodeOf(reason, std::nullopt)));
        });
        connect(&m_gdb, &QProcess::finished, this, [this](int code) { onGdbEnd(code); });
        connect(&m_gdb, &QProcess::errorOccurred, this, [this](QProcess::ProcessError error) {
            if (error != QProcess::FailedToStart)
                return;
            say(u"gdb cannot be started; install it (apt install gdb)."_s);
            onGdbEnd(qemuFailed);
        });
    }

    int exec() {
        if (!m_folder.isValid()) {
            say(u"A temporary folder cannot be created: %1"_s.arg(m_folder.errorString()));
            return refused;
        }
        std::signal(SIGINT, SIG_IGN); // Ctrl-C is gdb's
        app::LaunchSpec spec = m_options.spec;
        spec.eifPath = pathOf(m_options.eif);
        spec.debugger = true;
        m_session.start(spec);
        return QCoreApplication::exec();
    }

private:
    void onReady(const QString &socket) {
        m_socket = socket;
        app::LiveTarget *target = m_session.liveTarget();
        BootPoint point = app::bootPointOf(textOf(m_options.stage)).value_or(BootPoint::reset);
        if (const QString why = target->bootPointProblem(point); !why.isEmpty()) {
            say(u"%1: %2."_s.arg(app::bootPointTitle(point), why));
            point = BootPoint::reset;
        }
        if (point == BootPoint::reset) {
            startGdb();
            return;
        }
        // gdb gets the target where it stops first, be it for another reason.
        connect(target, &app::DebugTarget::stopped, this, [this, target](const app::DebugStop &stop) {
            disconnect(target, &app::DebugTarget::stopped, this, nullptr);
            if (!stop.text.isEmpty())
                say(stop.text + u'.');
            startGdb();
        });
        target->runToBootPoint(point);
    }

    void startGdb() {
        const app::LiveTarget *target = m_session.liveTarget();
        if (!target)
            return;
        GdbScript script;
        script.socket = m_socket;
        script.folder = m_folder.path();
        script.stage = app::bootPointOf(textOf(m_options.stage)).value_or(BootPoint::reset);
        if (const auto started = cli::startGdb(m_gdb, script, *target, m_options.gdb); !started) {
            say(started.error().text());
            onGdbEnd(qemuFailed);
        }
    }

    void onGdbEnd(int code) {
        m_gdbCode = code;
        if (m_hasEnded)
            finish(code);
        else
            m_session.stop();
    }

    // The guest's console may not have arrived; a gdb that failed is the worse news.
    void finish(int code) const {
        QCoreApplication::exit(code == ok ? outputCode(m_output, ok, cutOutput) : code);
    }

    GdbOptions m_options;
    app::Written m_output = app::Written::all;
    app::LiveSession m_session{app::LiveSession::Stream::ignored};
    QTemporaryDir m_folder;
    QProcess m_gdb;
    QString m_socket;
    std::optional<int> m_gdbCode;
    bool m_hasEnded = false;
};

std::vector<std::string> stageWords() {
    std::vector<std::string> words;
    for (const app::BootPointName &name : app::bootPointNames())
        words.emplace_back(name.word);
    return words;
}

} // namespace

void addGdb(CLI::App &parser, int &code) {
    CLI::App *command = parser.add_subcommand(
        "gdb", "Boot an EIF under gdb, stopped at the unpacked kernel's first instruction");
    auto options = std::make_shared<GdbOptions>();
    command->add_option("eif", options->eif, "EIF to boot")->required()->type_name("EIF");
    command->add_option("--stop-at", options->stage, "Where gdb takes over [unpacked]")
        ->check(CLI::IsMember(stageWords()))
        ->type_name("STAGE");
    addLaunchOptions(*command, app::inGdb, options->spec);
    command->allow_extras();
    command->footer(
        "Other options are gdb's, for example -ex 'break start_kernel' or -batch. In gdb, nitro-mode\n"
        "connects again after the CPU has changed its mode, and nitro-symbols loads the kernel's symbols\n"
        "once it is unpacked; `monitor help` lists more.");
    command->callback([options, command, &code] {
        for (const std::string &extra : command->remaining())
            options->gdb << textOf(extra);
        code = GdbRun(*options).exec();
    });
}

} // namespace nitroscope::cli
