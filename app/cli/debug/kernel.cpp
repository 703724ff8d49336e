// SPDX-License-Identifier: GPL-2.0-or-later
//
// `kernel log|tasks|modules`: what the kernel of an enclave knows of itself, read from the guest's memory
// without stopping it: of an enclave that runs, or of a file with the memory of one.
#include "app/cli/debug/kernel_source.hpp"
#include "app/cli/kit/arguments.hpp"
#include "app/cli/kit/console_output.hpp"
#include "app/cli/kit/exit_code.hpp"
#include "app/formats/json/json_writer.hpp"
#include "app/session/kernel/kernel_log_text.hpp"
#include "app/session/kernel/kernel_reader.hpp"

namespace nitroscope::cli {

using namespace Qt::Literals::StringLiterals;
namespace {

struct Wanted {
    KernelSource source;
    bool json = false;
};

app::Result<app::KernelReader> readerOf(const Wanted &wanted) {
    const auto found = findKernel(wanted.source);
    if (!found)
        return tl::unexpected(found.error());
    auto opened = openKernel(*found);
    if (!opened)
        return tl::unexpected(opened.error());
    return app::KernelReader(std::move(opened->memory), opened->image);
}

QByteArray taskText(const QVector<app::KernelTask> &tasks) {
    QByteArray text = "    PID    PPID S CPU STACK            NAME\n";
    for (const app::KernelTask &task : tasks) {
        text += QByteArray::number(task.pid).rightJustified(7) + ' ' +
                (task.parent ? QByteArray::number(*task.parent) : QByteArray("-")).rightJustified(7) + ' ' +
                task.state.toLatin1() + ' ' +
                (task.cpu ? QByteArray::number(*task.cpu) : QByteArray("-")).rightJustified(3) + ' ' +
                QByteArray::number(task.stack, 16).rightJustified(16, '0') + ' ';
        text += (task.isKernelThread ? '[' + task.name.toUtf8() + ']' : task.name.toUtf8()) + '\n';
    }
    return text;
}

QByteArray moduleText(const QVector<app::KernelModule> &modules) {
    QByteArray text = "NAME                 SIZE     BASE             STATE\n";
    for (const app::KernelModule &module : modules)
        text += module.name.toUtf8().leftJustified(20) + ' ' +
                QByteArray::number(module.bytes).leftJustified(8) + ' ' +
                QByteArray::number(module.base, 16).rightJustified(16, '0') + ' ' + module.state.toUtf8() +
                '\n';
    return text;
}

// Addresses are hexadecimal text: JSON's numbers do not hold them.
QString hexOf(quint64 address) {
    return QString::number(address, 16).rightJustified(16, u'0');
}

QByteArray logJson(const QVector<app::KernelLogLine> &lines) {
    formats::JsonWriter json;
    json.beginArray();
    for (const app::KernelLogLine &line : lines) {
        json.beginObject();
        json.field(u"Nanoseconds", qint64(line.nanoseconds));
        json.field(u"Level", line.level);
        json.field(u"Text", line.text);
        json.field(u"Caller", line.caller);
        json.endObject();
    }
    json.endArray();
    return json.text();
}

QByteArray taskJson(const QVector<app::KernelTask> &tasks) {
    const auto orNull = [](const auto &number) {
        return number ? QJsonValue(qint64(*number)) : QJsonValue(QJsonValue::Null);
    };
    formats::JsonWriter json;
    json.beginArray();
    for (const app::KernelTask &task : tasks) {
        json.beginObject();
        json.field(u"PID", task.pid);
        json.field(u"PPID", orNull(task.parent));
        json.field(u"State", task.state);
        json.field(u"CPU", orNull(task.cpu));
        json.field(u"Stack", hexOf(task.stack));
        json.field(u"Name", task.name);
        json.field(u"KernelThread", task.isKernelThread);
        json.endObject();
    }
    json.endArray();
    return json.text();
}

QByteArray moduleJson(const QVector<app::KernelModule> &modules) {
    formats::JsonWriter json;
    json.beginArray();
    for (const app::KernelModule &module : modules) {
        json.beginObject();
        json.field(u"Name", module.name);
        json.field(u"Size", qint64(module.bytes));
        json.field(u"Base", hexOf(module.base));
        json.field(u"State", module.state);
        json.endObject();
    }
    json.endArray();
    return json.text();
}

int show(const QString &unavailable, const QByteArray &text, bool isJson) {
    if (!unavailable.isEmpty()) {
        say(unavailable);
        return refused;
    }
    return isJson ? printJson(text) : printText(text);
}

enum class Part { log, tasks, modules };

int run(Part part, const Wanted &wanted) {
    auto reader = readerOf(wanted);
    if (!reader) {
        say(reader.error().text());
        return refused;
    }
    const app::KernelView view = reader->read();
    switch (part) {
    case Part::log:
        return show(view.log.unavailable,
                    wanted.json ? logJson(view.log.rows) : app::kernelLogText(view.log.rows).toUtf8(),
                    wanted.json);
    case Part::tasks:
        return show(view.tasks.unavailable,
                    wanted.json ? taskJson(view.tasks.rows) : taskText(view.tasks.rows), wanted.json);
    default:
        return show(view.modules.rows.isEmpty() ? view.modules.unavailable : QString(),
                    wanted.json ? moduleJson(view.modules.rows) : moduleText(view.modules.rows), wanted.json);
    }
}

void addPart(CLI::App *group, const char *name, const char *what, Part part, int &code) {
    CLI::App *command = group->add_subcommand(name, what);
    auto wanted = std::make_shared<Wanted>();
    addKernelSource(*command, wanted->source);
    command->add_flag("--json", wanted->json, "As JSON");
    command->callback([wanted, part, &code] { code = run(part, *wanted); });
}

} // namespace

void addKernel(CLI::App &parser, int &code) {
    CLI::App *group = parser.add_subcommand(
        "kernel",
        "Read the kernel's log, tasks and modules from the memory of an enclave, or write all of it to a file");
    group->require_subcommand(1);
    addPart(group, "log", "The kernel's messages, also those that reached no console", Part::log, code);
    addPart(group, "tasks", "Processes, threads and kernel threads", Part::tasks, code);
    addPart(group, "modules", "Loaded modules", Part::modules, code);
    addKernelVmcore(*group, code);
}

} // namespace nitroscope::cli
