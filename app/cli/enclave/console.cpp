// SPDX-License-Identifier: GPL-2.0-or-later
//
// `console`: everything an enclave's serial port has said so far, and then what it says until its end. Unlike
// EC2's it also works for an enclave that is not in debug mode, and for one that has ended: what a dead
// enclave said last is why people ask.
#include "app/cli/enclave/enclave_choice.hpp"
#include "app/cli/kit/arguments.hpp"
#include "app/cli/kit/console_output.hpp"
#include "app/cli/kit/exit_code.hpp"
#include "app/cli/kit/nitro_error.hpp"
#include "app/cli/kit/signal_watch.hpp"
#include "app/formats/json/json_writer.hpp"

#include <QCoreApplication>
#include <QFile>
#include <QTimer>

namespace nitroscope::cli {

using namespace Qt::Literals::StringLiterals;
namespace {

class ConsoleFollower : public QObject {
public:
    // Everything as it comes, or all at once as one JSON object at the end.
    enum class Form { text, json };

    ConsoleFollower(const app::EnclaveRecord &record, double timeoutSeconds, Form form)
        : m_record(record), m_form(form), m_file(app::EnclaveRegistry().consolePath(record.id)),
          m_signals([](int signal) { QCoreApplication::exit(bySignal + signal); }) {
        // A file that grows cannot be waited for with poll(2); inotify would need its watch renewed.
        constexpr int lookEveryMs = 100;
        connect(&m_look, &QTimer::timeout, this, &ConsoleFollower::look);
        m_look.start(lookEveryMs);
        if (timeoutSeconds > 0)
            QTimer::singleShot(std::chrono::milliseconds(qint64(timeoutSeconds * 1000)), this, [this] {
                look();
                QCoreApplication::exit(ok);
            });
    }

    int exec() {
        if (!m_file.open(QIODevice::ReadOnly | QIODevice::Unbuffered)) {
            return fail(NitroError::console,
                        u"The console of %1 cannot be read: %2"_s.arg(m_record.id, m_file.errorString()));
        }
        if (m_form == Form::text)
            if (const int failed = printText(
                    u"Connecting to the console for enclave %1...\nSuccessfully connected to the console.\n"_s
                        .arg(m_record.cid)
                        .toUtf8()))
                return failed;
        QTimer::singleShot(0, this, &ConsoleFollower::look);
        const int code = QCoreApplication::exec();
        return m_form == Form::json ? printJson(asJson(), code) : code;
    }

private:
    void look() {
        // Asked first: what it said before its end is then in the file.
        const bool isOver = !m_record.isRunning() || !app::isAlive(m_record.process);
        constexpr qint64 piece = 64 * 1024;
        for (;;) {
            const QByteArray bytes = m_file.read(piece);
            if (bytes.isEmpty())
                break;
            if (!write(bytes))
                return;
        }
        if (isOver)
            finish();
    }

    bool write(const QByteArray &bytes) {
        if (m_form == Form::json) {
            m_said += bytes; // bounded: the keeper keeps 16 MiB
            return true;
        }
        const auto written = app::writeOutput(bytes, [] { return SignalWatch::received() != 0; });
        if (written == app::Written::all)
            return true;
        QCoreApplication::exit(outputCode(written));
        return false;
    }

    QByteArray asJson() const {
        formats::JsonWriter json;
        json.beginObject();
        json.field(u"EnclaveName", m_record.name);
        json.field(u"EnclaveID", m_record.id);
        json.field(u"EnclaveCID", qint64(m_record.cid));
        json.field(u"Console", QString::fromUtf8(m_said));
        if (!m_record.isRunning()) {
            json.field(u"Ended", m_record.ended.toString(Qt::ISODate));
            json.field(u"ExitReason", m_record.end);
            json.field(u"ExitCode", m_record.exitCode);
        }
        json.endObject();
        return json.text();
    }

    void finish() {
        m_look.stop();
        const auto records = app::EnclaveRegistry().list();
        if (records)
            for (const app::EnclaveRecord &record : *records)
                if (record.id == m_record.id && !record.isRunning()) {
                    m_record = record;
                    say(u"The enclave ended at %1: %2"_s.arg(record.ended.toString(Qt::ISODate), record.end));
                    if (record.exitCode != ok)
                        say(u"Why: nitroscope-cli explain --enclave-id %1"_s.arg(record.id));
                }
        QCoreApplication::exit(ok);
    }

    app::EnclaveRecord m_record;
    Form m_form;
    QByteArray m_said; // for Form::json
    QFile m_file;
    QTimer m_look;
    SignalWatch m_signals;
};

} // namespace

void addConsole(CLI::App &parser, int &code) {
    CLI::App *command = parser.add_subcommand("console", "Show the console of an enclave, running or ended");
    auto choice = std::make_shared<EnclaveChoice>();
    auto timeout = std::make_shared<double>(0);
    addEnclaveChoice(*command, *choice);
    command->add_option("--disconnect-timeout", *timeout, "Stop after this many seconds")
        ->check(CLI::Range(0.0, 1e7))
        ->type_name("S");
    auto json = std::make_shared<bool>(false);
    command->add_flag("--json", *json,
                      "Print all of it as one JSON object when the enclave ends or the time is up");
    command->callback([choice, timeout, json, &code] {
        if (choice->id.empty() && choice->name.empty())
            throw CLI::ValidationError("--enclave-id", "or --enclave-name is required");
        const auto record = chooseEnclave(*choice, ChooseFrom::all);
        if (!record) {
            code = fail(record.error(), NitroError::socket);
            return;
        }
        code = ConsoleFollower(*record, *timeout,
                               *json ? ConsoleFollower::Form::json : ConsoleFollower::Form::text)
                   .exec();
    });
}

} // namespace nitroscope::cli
