// SPDX-License-Identifier: GPL-2.0-or-later
//
// `gdb`: starts an enclave at its reset vector and drops into stock gdb, with the kernel's symbols recovered
// from the EIF and breakpoints at the stages of the boot.
#include "app/cli/arguments.hpp"
#include "app/cli/console_output.hpp"
#include "app/cli/exit_code.hpp"
#include "app/formats/symbols/elf_image.hpp"
#include "app/formats/symbols/elf_symbol_file.hpp"
#include "app/formats/symbols/kernel_file.hpp"
#include "app/session/live_session.hpp"

#include <csignal>
#include <QCoreApplication>
#include <QProcess>
#include <QTemporaryDir>

namespace nitroscope::cli {
namespace {

using app::EnclaveSession;

struct GdbOptions {
    std::string eif, append, qemu;
    quint64 memoryMiB = 0;
    unsigned cpuCount = 1;
    bool atReset = false;
    bool keepsKaslr = false;
    QStringList gdb;
};

// Where the kernel is entered and what it is called; from the vmlinux inside of the EIF.
struct KernelPlaces {
    quint64 entry = 0;        // 64-bit entry of the compressed kernel: pref_address + 0x200
    quint64 decompressed = 0; // first instruction of the unpacked kernel, physical
    QString symbolFile;       // empty when nothing could be recovered
};

class GdbRun : public QObject {
public:
    explicit GdbRun(const GdbOptions &options) : m_options(options) {
        connect(&m_session, &EnclaveSession::debuggerReady, this, &GdbRun::startGdb);
        connect(&m_session, &EnclaveSession::consoleOutput, this,
                [](const QByteArray &bytes) { (void)writeOutput(bytes); });
        connect(&m_session, &EnclaveSession::logLine, this, [](const app::LogEntry &entry) {
            if (entry.level >= app::LogLevel::warning)
                say(QStringLiteral("%1: %2").arg(entry.source, entry.text));
        });
        connect(&m_session, &EnclaveSession::ended, this, [this](const app::EndReason &reason) {
            if (reason.kind != app::EndKind::stoppedByUser)
                say(reason.message);
            m_hasEnded = true;
            if (m_gdb.state() == QProcess::NotRunning)
                QCoreApplication::exit(m_gdbCode.value_or(exitCodeOf(reason, std::nullopt)));
        });
        connect(&m_gdb, &QProcess::finished, this, [this](int code) { onGdbEnd(code); });
        connect(&m_gdb, &QProcess::errorOccurred, this, [this](QProcess::ProcessError error) {
            if (error != QProcess::FailedToStart)
                return;
            say(QStringLiteral("gdb cannot be started; install it (apt install gdb)."));
            onGdbEnd(qemuFailed);
        });
    }

    int exec() {
        if (!m_folder.isValid()) {
            say(QStringLiteral("No temporary folder can be made: %1").arg(m_folder.errorString()));
            return refused;
        }
        findKernel();
        std::signal(SIGINT, SIG_IGN); // Ctrl-C is gdb's
        app::LaunchSpec spec;
        spec.eifPath = pathOf(m_options.eif);
        spec.memoryMiB = m_options.memoryMiB;
        spec.cpuCount = m_options.cpuCount;
        spec.qemuPath = pathOf(m_options.qemu);
        spec.append = textOf(m_options.append);
        if (!m_options.keepsKaslr)
            spec.append += spec.append.isEmpty() ? QStringLiteral("nokaslr") : QStringLiteral(" nokaslr");
        spec.debugger = true;
        m_session.start(spec);
        return QCoreApplication::exec();
    }

private:
    // Without symbols gdb is still worth having: the reason is said, and that is all.
    void findKernel() {
        const auto kernel = symbols::openKernelFile(pathOf(m_options.eif));
        const auto elf = kernel.and_then(
            [](const symbols::KernelFile &file) { return symbols::ElfImage::open(file.vmlinux); });
        if (!elf || elf->segments().isEmpty()) {
            say(QStringLiteral("No kernel symbols: %1")
                    .arg(elf ? QStringLiteral("the kernel has no segments") : elf.error().message));
            return;
        }
        m_places.entry = elf->segments().first().physical + 0x200;
        m_places.decompressed = elf->entry();
        const auto kallsyms = symbols::kallsymsOf(kernel->vmlinux);
        if (!kallsyms) {
            say(QStringLiteral("No kernel symbols: %1").arg(kallsyms.error().message));
            return;
        }
        QFile file(m_folder.filePath(QStringLiteral("kernel-symbols.elf")));
        if (file.open(QIODevice::WriteOnly) && file.write(symbols::elfSymbolFile(kallsyms->table)) > 0)
            m_places.symbolFile = file.fileName();
    }

    QString script(const QString &socket) const {
        QString text = QStringLiteral("set confirm off\nset pagination off\n");
        // gdb keeps the description it got when it connected; another mode of the CPU needs a new connection.
        text += QStringLiteral("define nitro-mode\n  disconnect\n");
        if (!m_places.symbolFile.isEmpty())
            text += QStringLiteral("  symbol-file %1\n").arg(m_places.symbolFile);
        text += QStringLiteral("  target remote %1\nend\n").arg(socket);
        text += QStringLiteral(
            "document nitro-mode\nConnect again, as a 64-bit target with the kernel's symbols.\nend\n");
        text += QStringLiteral("target remote %1\n").arg(socket);
        if (m_options.atReset || m_places.entry == 0)
            return text;
        text += QStringLiteral("tbreak *0x%1\ncontinue\nnitro-mode\n").arg(m_places.entry, 0, 16);
        if (!m_options.keepsKaslr) {
            text += QStringLiteral("tbreak *0x%1\n").arg(m_places.decompressed, 0, 16);
            if (!m_places.symbolFile.isEmpty())
                text += QStringLiteral("tbreak start_kernel\ntbreak run_init_process\n");
        }
        return text;
    }

    void startGdb(const QString &socket) {
        QFile file(m_folder.filePath(QStringLiteral("commands.gdb")));
        if (!file.open(QIODevice::WriteOnly) || file.write(script(socket).toUtf8()) < 0) {
            say(QStringLiteral("%1: %2").arg(file.fileName(), file.errorString()));
            onGdbEnd(qemuFailed);
            return;
        }
        file.close();
        m_gdb.setProcessChannelMode(QProcess::ForwardedChannels);
        m_gdb.setInputChannelMode(QProcess::ForwardedInputChannel);
        m_gdb.setChildProcessModifier([] { std::signal(SIGINT, SIG_DFL); });
        m_gdb.start(QStringLiteral("gdb"),
                    QStringList{QStringLiteral("-q"), QStringLiteral("-x"), file.fileName()} + m_options.gdb);
    }

    void onGdbEnd(int code) {
        m_gdbCode = code;
        if (m_hasEnded)
            QCoreApplication::exit(code);
        else
            m_session.stop();
    }

    GdbOptions m_options;
    app::LiveSession m_session;
    QTemporaryDir m_folder;
    QProcess m_gdb;
    KernelPlaces m_places;
    std::optional<int> m_gdbCode;
    bool m_hasEnded = false;
};

} // namespace

void addGdb(CLI::App &parser, int &code) {
    CLI::App *command =
        parser.add_subcommand("gdb", "Boot an EIF under gdb, stopped at its kernel's first instruction");
    auto options = std::make_shared<GdbOptions>();
    command->add_option("eif", options->eif, "EIF to boot")->required()->type_name("EIF");
    command->add_flag("--at-reset", options->atReset,
                      "Stop at the CPU's first instruction instead, in 16-bit mode");
    command->add_flag(
        "--keep-kaslr", options->keepsKaslr,
        "Leave the command line alone: PCRs stay, but the symbols do not fit a kernel that moves itself");
    command
        ->add_option("--append", options->append, "Text added to the kernel command line; changes the PCRs")
        ->type_name("TEXT");
    command
        ->add_option("--memory", options->memoryMiB, "Guest memory in MiB [four times the EIF, at least 512]")
        ->type_name("MIB");
    command->add_option("--cpu-count", options->cpuCount, "Number of vCPUs [1]")
        ->check(CLI::Range(1u, 128u))
        ->type_name("N");
    command->add_option("--qemu", options->qemu, "QEMU to run")->type_name("FILE");
    command->allow_extras();
    command->footer("Other options are gdb's, for example -ex 'break start_kernel' or -batch. The kernel is "
                    "told nokaslr, "
                    "which changes PCR 0 and 1, unless --keep-kaslr is given.");
    command->callback([options, command, &code] {
        for (const std::string &extra : command->remaining())
            options->gdb << textOf(extra);
        code = GdbRun(*options).exec();
    });
}

} // namespace nitroscope::cli
