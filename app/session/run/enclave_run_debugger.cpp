// SPDX-License-Identifier: GPL-2.0-or-later
//
// Of EnclaveRun: a run under the debugger. QEMU's stub leads to the endpoint, the endpoint's broker to the
// target, which also looks into the guest's memory.
#include "app/core/architectures.hpp"
#include "app/core/output/file_writer.hpp"
#include "app/core/program_locations.hpp"
#include "app/formats/symbols/elf_symbol_file.hpp"
#include "app/session/debug/live_target.hpp"
#include "app/session/kernel/kernel_log_text.hpp"
#include "app/session/launch/eif_architecture.hpp"
#include "app/session/run/enclave_run.hpp"
#include "app/session/run/guest_memory.hpp"

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;
namespace {

using State = EnclaveSession::State;

QByteArray tasksText(const KernelView &view) {
    if (!view.tasks.unavailable.isEmpty())
        return view.tasks.unavailable.toUtf8() + '\n';
    QString text = u"   PID  PPID S CPU  NAME\n"_s;
    for (const KernelTask &task : view.tasks.rows)
        text += u"%1 %2 %3 %4  %5\n"_s.arg(task.pid, 6)
                    .arg(task.parent ? QString::number(*task.parent) : u"-"_s, 5)
                    .arg(task.state, 1)
                    .arg(task.cpu ? QString::number(*task.cpu) : QString(), 3)
                    .arg(task.isKernelThread ? u'[' + task.name + u']' : task.name);
    return text.toUtf8();
}

QByteArray logText(const KernelView &view) {
    if (!view.log.unavailable.isEmpty())
        return view.log.unavailable.toUtf8() + '\n';
    return kernelLogText(view.log.rows).toUtf8();
}

constexpr int longStepMs = 200; // a step that takes longer waits for something, and is shown as running

} // namespace

Result<void> EnclaveRun::prepareDebugger(QString *stub) {
    if (architectureOfEif(m_spec.eifPath) != formats::ImageArchitecture::x86_64)
        return failure(u"debugger-architecture"_s,
                       u"The debugger does not know aarch64 yet. Start this enclave without it."_s);
    m_gdb = std::make_unique<GdbEndpoint>(arch::usualArchitecture()); // the one whose machine is started
    *stub = m_folder->filePath(u"gdb-stub"_s);
    if (auto listening = m_gdb->listen(*stub, m_folder->filePath(u"gdb"_s)); !listening)
        return listening;
    if (m_spec.gdbPort >= 0) {
        const auto port = m_gdb->listenOnLoopback(quint16(m_spec.gdbPort));
        if (!port)
            return tl::unexpected(port.error());
        log(LogLevel::info, "session", u"gdb may connect: target remote :%1"_s.arg(*port));
    }
    m_gdb->setMonitorCommands(
        [this](const QByteArray &words, const auto &answer) { return monitor(words, answer); });
    connect(m_gdb.get(), &GdbEndpoint::problem, this,
            [this](const Error &error) { log(LogLevel::warning, "session", error.text()); });
    m_stepTimer.setSingleShot(true);
    connect(&m_stepTimer, &QTimer::timeout, this, [this] {
        if (m_runs && !m_ending)
            emit stateChanged(State::running);
    });
    return {};
}

// QEMU's stub can be had at any time: it then comes to our socket, as at the launch, and stops the machine.
void EnclaveRun::attachDebugger() {
    const auto refuse = [this](const QString &why) { log(LogLevel::warning, "debugger", why); };
    if (m_gdb) {
        refuse(u"This run is under the debugger already."_s);
        return;
    }
    if (!m_qmp || m_ending || !m_evidence.guestStarted) {
        refuse(u"The machine cannot be asked now; try again when it runs."_s);
        return;
    }
    if (m_recording) {
        refuse(u"A run that is being recorded is debugged in its recording: stop it and open that."_s);
        return;
    }
    QString stub;
    if (const auto prepared = prepareDebugger(&stub); !prepared) {
        m_gdb.reset();
        refuse(prepared.error().text());
        return;
    }
    connect(m_gdb.get(), &GdbEndpoint::ready, this, [this] { startDebugger(Entered::later); });
    m_qmp->execute(u"human-monitor-command"_s, {{u"command-line"_s, u"gdbserver unix:"_s + stub}}, this,
                   [refuse](const qmp::Client::Reply &said) {
                       if (!said)
                           refuse(said.error().text());
                       else if (const QString text = said->toString(); text.contains("ould not"_L1))
                           refuse(u"QEMU does not let the debugger in: "_s + text.trimmed());
                   });
}

void EnclaveRun::startDebugger(Entered where) {
    if (m_target || m_ending)
        return;
    const auto memory = guestMemoryOfQemu(m_process.processId());
    if (!memory)
        log(LogLevel::warning, "debugger", memory.error().text());
    m_target = std::make_unique<LiveTarget>(
        m_gdb->broker(), &m_machine,
        LiveTargetFiles{m_spec.eifPath, m_spec.append, shareFolder() + u"/nitroscope-boot.elf"_s,
                        memory.value_or(QString()), where == Entered::later});
    connect(m_target.get(), &DebugTarget::problem, this,
            [this](const Error &error) { log(LogLevel::warning, "debugger", error.text()); });
    connect(m_target.get(), &DebugTarget::stateChanged, this, &EnclaveRun::reportRunState);
    connect(m_target.get(), &LiveTarget::prepared, this, [this] {
        if (m_ending)
            return;
        emit stateChanged(State::paused);
        emit debuggerReady(m_gdb->clientPath());
    });
}

// QMP tells whether the machine runs. Under the debugger it stands still more often than anybody should hear
// of: for each single step, and where a condition is looked at.
void EnclaveRun::reportRunState() {
    if (m_ending || !m_qmp)
        return;
    GdbBroker *broker = m_target ? m_gdb->broker() : nullptr;
    if (!broker) {
        emit stateChanged(m_runs ? State::running : State::paused);
    } else if (!broker->isRunning()) {
        m_stepTimer.stop();
        if (!m_runs)
            emit stateChanged(State::paused);
    } else if (m_runs) {
        if (broker->isStepping())
            m_stepTimer.start(longStepMs);
        else
            emit stateChanged(State::running);
    }
}

bool EnclaveRun::monitor(const QByteArray &words, const std::function<void(const QByteArray &)> &answer) {
    if (!m_target)
        return false;
    if (words == "stages") {
        answer(m_target->stagesText());
        return true;
    }
    if (words == "symbols") {
        const BootMapPointer &map = m_target->walk().map();
        if (!map || !map->hasSymbols()) {
            answer("Symbols are not available, because " +
                   (map ? map->vmlinuxProblem + (map->image ? map->image->symbolsProblem() : QString())
                        : u"the EIF is being read"_s)
                       .toUtf8() +
                   '\n');
            return true;
        }
        const QString file = m_folder->filePath(u"kernel-symbols.elf"_s);
        const QString script = m_folder->filePath(u"symbols.gdb"_s);
        const auto slide = m_target->kernelSlide();
        const QByteArray command =
            "symbol-file " + file.toUtf8() +
            (slide && *slide ? " -o 0x" + QByteArray::number(*slide, 16) : QByteArray()) + '\n';
        auto written = writeFile(
            file, symbols::elfSymbolFile(map->image->symbols(), m_target->architecture().elfMachine),
            FileRole::scratch);
        if (written)
            written = writeFile(script, command, FileRole::scratch);
        answer(!written ? written.error().text().toUtf8() + '\n'
               : slide
                   ? command + "or: source " + script.toUtf8() + '\n'
                   : command + "The kernel is not unpacked yet: KASLR may still move it. Ask again then.\n");
        return true;
    }
    if (words == "tasks" || words == "dmesg") {
        m_target->withKernel([answer, isTasks = words == "tasks"](const KernelView &view) {
            answer(isTasks ? tasksText(view) : logText(view));
        });
        return true;
    }
    return false;
}

} // namespace nitroscope::app
