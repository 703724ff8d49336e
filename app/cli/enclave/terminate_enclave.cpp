// SPDX-License-Identifier: GPL-2.0-or-later
//
// `terminate-enclave`: asks an enclave's process to end it, waits until it has, and prints what nitro-cli
// prints.
#include "app/cli/enclave/enclave_choice.hpp"
#include "app/cli/kit/arguments.hpp"
#include "app/cli/kit/console_output.hpp"
#include "app/cli/kit/exit_code.hpp"
#include "app/cli/kit/nitro_error.hpp"
#include "app/formats/json/json_writer.hpp"

#include <csignal>
#include <QCoreApplication>
#include <QSocketNotifier>
#include <QTimer>

namespace nitroscope::cli {

using namespace Qt::Literals::StringLiterals;
namespace {

constexpr int graceMs = 15'000; // QEMU gets 3 s to quit and 3 s to terminate

// Ends enclaves one after the other.
class Terminator : public QObject {
public:
    // As nitro-cli prints it: one object, or with --all an array, perhaps an empty one.
    enum class Shape { object, array };

    Terminator(QVector<app::EnclaveRecord> records, Shape shape)
        : m_records(std::move(records)), m_shape(shape) {
        if (m_shape == Shape::array)
            m_json.beginArray();
        m_patience.setSingleShot(true);
        connect(&m_patience, &QTimer::timeout, this, [this] {
            say(u"%1 does not end; killing it."_s.arg(m_records.first().id));
            m_process->signal(SIGKILL);
        });
    }

    int exec() {
        QTimer::singleShot(0, this, &Terminator::next);
        return QCoreApplication::exec();
    }

private:
    void next() {
        if (m_records.isEmpty()) {
            if (m_shape == Shape::array)
                m_json.endArray();
            return QCoreApplication::exit(printJson(m_json.text()));
        }
        m_process = app::ProcessHandle::open(m_records.first().process);
        if (!m_process)
            return onGone();
        m_gone = std::make_unique<QSocketNotifier>(m_process->descriptor(), QSocketNotifier::Read);
        connect(m_gone.get(), &QSocketNotifier::activated, this, &Terminator::onGone);
        m_process->signal(SIGTERM);
        m_process->signal(SIGCONT); // one that was stopped would not hear of it, and could not end its QEMU
        m_patience.start(graceMs);
    }

    void onGone() {
        m_patience.stop();
        if (m_gone) {
            m_gone->setEnabled(false);
            m_gone.release()->deleteLater(); // we may be inside its signal
        }
        const app::EnclaveRecord record = m_records.takeFirst();
        sayPlain(u"Successfully terminated enclave %1."_s.arg(record.id));
        m_json.beginObject();
        m_json.field(u"EnclaveName", record.name);
        m_json.field(u"EnclaveID", record.id);
        m_json.field(u"Terminated", true);
        m_json.endObject();
        QTimer::singleShot(0, this, &Terminator::next);
    }

    QVector<app::EnclaveRecord> m_records;
    std::optional<app::ProcessHandle> m_process;
    std::unique_ptr<QSocketNotifier> m_gone;
    QTimer m_patience;
    Shape m_shape;
    formats::JsonWriter m_json;
};

int terminate(const EnclaveChoice &choice, bool all) {
    QVector<app::EnclaveRecord> records;
    if (all) {
        auto list = app::EnclaveRegistry().list();
        if (!list)
            return fail(list.error(), NitroError::fileOperation);
        records = *std::move(list);
        records.removeIf([](const app::EnclaveRecord &record) { return !record.isRunning(); });
    } else {
        const auto chosen = chooseEnclave(choice, ChooseFrom::running);
        if (!chosen)
            return fail(chosen.error(), NitroError::socket);
        records = {*chosen};
    }
    return Terminator(std::move(records), all ? Terminator::Shape::array : Terminator::Shape::object).exec();
}

} // namespace

void addTerminateEnclave(CLI::App &parser, int &code) {
    CLI::App *command = parser.add_subcommand("terminate-enclave", "End a running enclave");
    auto choice = std::make_shared<EnclaveChoice>();
    auto all = std::make_shared<bool>(false);
    addEnclaveChoice(*command, *choice);
    auto *allFlag = command->add_flag("--all", *all, "All of them");
    addJsonFlag(*command);
    for (CLI::Option *option : command->get_options({}))
        if (option->check_name("--enclave-id") || option->check_name("--enclave-name"))
            option->excludes(allFlag);
    command->callback([choice, all, &code] {
        if (!*all && choice->id.empty() && choice->name.empty())
            throw CLI::ValidationError("--enclave-id", "or --enclave-name or --all is required");
        code = terminate(*choice, *all);
    });
}

} // namespace nitroscope::cli
