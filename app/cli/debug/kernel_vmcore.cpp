// SPDX-License-Identifier: GPL-2.0-or-later
//
// `kernel vmcore`: an enclave's memory and registers as an ELF core file. A running enclave stands still meanwhile; of
// a file with the memory of one, its registers are told in another.
#include "app/cli/debug/kernel_source.hpp"
#include "app/cli/kit/arguments.hpp"
#include "app/cli/kit/console_output.hpp"
#include "app/cli/kit/exit_code.hpp"
#include "app/cli/kit/signal_watch.hpp"
#include "app/core/worker.hpp"
#include "app/formats/json/json_writer.hpp"
#include "app/session/kernel/vmcore.hpp"
#include "app/session/run/machine_hold.hpp"

#include <QCoreApplication>
#include <QElapsedTimer>
#include <QFile>
#include <QJsonArray>

namespace nitroscope::cli {

using namespace Qt::Literals::StringLiterals;
namespace {

struct VmcoreOptions {
    KernelSource source;
    std::string registers, output;
    bool json = false;
};

// What of a foreign file is read; 288 CPUs have 1 MiB.
constexpr qint64 maxRegisterText = 4 << 20;

class VmcoreRun : public QObject {
public:
    explicit VmcoreRun(const VmcoreOptions &options)
        : m_options(options), m_signals([this](int signal) { m_signal = signal; }) {
        connect(&m_hold, &app::MachineHold::held, this, &VmcoreRun::write);
        connect(&m_hold, &app::MachineHold::failed, this, [this](const app::Error &error) { fail(error); });
    }

    int exec() {
        QMetaObject::invokeMethod(this, &VmcoreRun::begin, Qt::QueuedConnection);
        return QCoreApplication::exec();
    }

private:
    void begin() {
        const auto found = findKernel(m_options.source);
        if (!found)
            return fail(found.error());
        m_found = *found;
        if (!m_found.holdPath.isEmpty())
            return m_hold.ask(m_found.holdPath);
        QByteArray text;
        if (!m_options.registers.empty()) {
            QFile file(pathOf(m_options.registers));
            if (!file.open(QIODevice::ReadOnly))
                return fail({u"registers"_s, u"It cannot be read: %1."_s.arg(file.errorString()),
                             std::nullopt, file.fileName()});
            text = file.read(maxRegisterText);
        }
        write(text);
    }

    void write(const QByteArray &infoRegisters) {
        auto opened = openKernel(m_found);
        if (!opened)
            return fail(opened.error());
        const auto cpus = opened->memory.architecture().coreDump.registers(infoRegisters);
        if (cpus.empty() && !infoRegisters.isEmpty())
            return fail(
                {u"registers"_s,
                 u"This text has no registers of a CPU; they are what `info registers -a` of QEMU's monitor "
                 "prints."_s,
                 std::nullopt,
                 {}});
        const app::VmcoreRequest request{opened->memory, opened->image, cpus, pathOf(m_options.output)};
        m_clock.start();
        app::runInWorker(
            this,
            [this, request] {
                return app::writeVmcore(request,
                                        [this](quint64 done, quint64 all) { return report(done, all); });
            },
            [this](const app::Result<app::VmcoreSummary> &summary) {
                m_hold.release();
                if (m_signal)
                    QCoreApplication::exit(bySignal + m_signal);
                else if (!summary)
                    fail(summary.error());
                else
                    finish(*summary);
            });
    }

    // In the worker.
    bool report(quint64 done, quint64 all) {
        constexpr qint64 everyMs = 2000;
        if (m_clock.elapsed() >= everyMs && all > 0) {
            m_clock.restart();
            say(u"%1 of %2 MiB"_s.arg(done >> 20).arg(all >> 20));
        }
        return SignalWatch::received() == 0;
    }

    void finish(const app::VmcoreSummary &summary) {
        for (const QString &missing : summary.missing)
            say(missing);
        if (summary.slide && *summary.slide != 0)
            say(app::slideAdvice(*summary.slide));
        if (!m_options.json)
            return QCoreApplication::exit(ok);
        formats::JsonWriter json;
        json.beginObject();
        json.field(u"File", pathOf(m_options.output));
        json.field(u"Release", summary.release);
        json.field(u"KernelOffset", summary.slide ? QJsonValue(u"0x"_s + QString::number(*summary.slide, 16))
                                                  : QJsonValue(QJsonValue::Null));
        json.field(u"Missing", QJsonArray::fromStringList(summary.missing));
        json.endObject();
        QCoreApplication::exit(printJson(json.text()));
    }

    void fail(const app::Error &error) {
        if (m_hasFailed)
            return;
        m_hasFailed = true;
        say(error.text());
        QCoreApplication::exit(refused);
    }

    VmcoreOptions m_options;
    FoundKernel m_found;
    app::MachineHold m_hold;
    SignalWatch m_signals;
    QElapsedTimer m_clock;
    int m_signal = 0;
    bool m_hasFailed = false;
};

} // namespace

void addKernelVmcore(CLI::App &group, int &code) {
    CLI::App *command = group.add_subcommand(
        "vmcore", "Write the memory and registers of an enclave as a core file for gdb, crash and drgn");
    auto options = std::make_shared<VmcoreOptions>();
    addKernelSource(*command, options->source);
    command
        ->add_option("--registers", options->registers,
                     "With --ram: file with what `info registers -a` of QEMU's monitor printed")
        ->needs("--ram")
        ->type_name("FILE");
    command->add_option("-o,--output", options->output, "The core file; it holds all that the enclave knows")
        ->required()
        ->type_name("FILE");
    command->add_flag("--json", options->json, "Print JSON");
    command->footer("A running enclave stands still while it is read, and goes on.\n"
                    "Then: gdb VMLINUX FILE, crash VMLINUX FILE, drgn -c FILE.");
    command->callback([options, &code] { code = VmcoreRun(*options).exec(); });
}

} // namespace nitroscope::cli
