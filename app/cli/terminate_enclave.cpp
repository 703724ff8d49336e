// SPDX-License-Identifier: GPL-2.0-or-later
//
// `terminate-enclave`: asks an enclave's process to end it, waits until it has, and prints what nitro-cli
// prints.
#include "app/cli/arguments.hpp"
#include "app/cli/console_output.hpp"
#include "app/cli/enclave_choice.hpp"
#include "app/cli/exit_code.hpp"
#include "app/formats/json_writer.hpp"

#include <csignal>
#include <QCoreApplication>
#include <QSocketNotifier>
#include <QTimer>

namespace nitroscope::cli {
namespace {

constexpr int graceMs = 15'000; // QEMU gets 3 s to quit and 3 s to terminate

// Ends enclaves one after the other.
class Terminator : public QObject {
public:
    explicit Terminator(QVector<app::EnclaveRecord> records) : m_records(std::move(records)) {
        m_patience.setSingleShot(true);
        connect(&m_patience, &QTimer::timeout, this, [this] {
            say(QStringLiteral("%1 does not end; killing it.").arg(m_records.first().id));
            m_process->signal(SIGKILL);
        });
    }

    int exec() {
        QTimer::singleShot(0, this, &Terminator::next);
        return QCoreApplication::exec();
    }

private:
    void next() {
        if (m_records.isEmpty())
            return QCoreApplication::exit(m_code);
        m_process = app::ProcessHandle::open(m_records.first().process);
        if (!m_process)
            return onGone();
        m_gone = std::make_unique<QSocketNotifier>(m_process->descriptor(), QSocketNotifier::Read);
        connect(m_gone.get(), &QSocketNotifier::activated, this, &Terminator::onGone);
        m_process->signal(SIGTERM);
        m_patience.start(graceMs);
    }

    void onGone() {
        m_patience.stop();
        if (m_gone) {
            m_gone->setEnabled(false);
            m_gone.release()->deleteLater(); // we may be inside its signal
        }
        const app::EnclaveRecord record = m_records.takeFirst();
        sayPlain("Successfully terminated enclave " + record.id.toLocal8Bit() + ".\n");
        formats::JsonWriter json;
        json.beginObject();
        json.field(u"EnclaveName", record.name);
        json.field(u"EnclaveID", record.id);
        json.field(u"Terminated", true);
        json.endObject();
        if (writeOutput(json.text()) != Written::all)
            m_code = refused;
        QTimer::singleShot(0, this, &Terminator::next);
    }

    // nitro-cli's line, without our name before it.
    static void sayPlain(const QByteArray &line) {
        std::fwrite(line.constData(), 1, size_t(line.size()), stderr);
        std::fflush(stderr);
    }

    QVector<app::EnclaveRecord> m_records;
    std::optional<app::ProcessHandle> m_process;
    std::unique_ptr<QSocketNotifier> m_gone;
    QTimer m_patience;
    int m_code = ok;
};

int terminate(const EnclaveChoice &choice, bool all) {
    QVector<app::EnclaveRecord> records;
    if (all) {
        auto list = app::EnclaveRegistry().list();
        if (!list) {
            say(list.error().text());
            return refused;
        }
        records = *std::move(list);
        records.removeIf([](const app::EnclaveRecord &record) { return !record.isRunning(); });
    } else {
        const auto chosen = chooseEnclave(choice, ChooseFrom::running);
        if (!chosen) {
            say(chosen.error().text());
            return refused;
        }
        records = {*chosen};
    }
    return Terminator(std::move(records)).exec();
}

} // namespace

void addTerminateEnclave(CLI::App &parser, int &code) {
    CLI::App *command = parser.add_subcommand("terminate-enclave", "End a running enclave");
    auto choice = std::make_shared<EnclaveChoice>();
    auto all = std::make_shared<bool>(false);
    addEnclaveChoice(*command, *choice);
    command->add_flag("--all", *all, "All of them");
    command->require_option(1);
    command->callback([choice, all, &code] { code = terminate(*choice, *all); });
}

} // namespace nitroscope::cli
