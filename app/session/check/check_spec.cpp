// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/session/check/check_spec.hpp"

#include "app/session/check/toml_reader.hpp"
#include "app/session/launch/launch_options.hpp"
#include "nsm-device/core/nsm_protocol.h"

#include <algorithm>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;
namespace {

constexpr qint64 maxTimeoutSeconds = 1'000'000;

// "250 ms", "1.5s", "800us"
std::optional<qint64> nanosecondsOf(const QString &text) {
    static const QRegularExpression form(u"^\\s*([0-9]{1,9}(?:\\.[0-9]{1,9})?)\\s*(ns|us|ms|s)\\s*$"_s);
    const auto match = form.match(text);
    if (!match.hasMatch())
        return std::nullopt;
    const QString unit = match.captured(2);
    const double factor = unit == "s"_L1 ? 1e9 : unit == "ms"_L1 ? 1e6 : unit == "us"_L1 ? 1e3 : 1;
    return qint64(match.captured(1).toDouble() * factor);
}

bool isKnownStage(const QString &name) {
    return std::ranges::any_of(bootStageNames,
                               [&](const char *known) { return name == QLatin1String(known); });
}

// [launch]: options of run-enclave by their names.
void readLaunch(TomlReader &reader, const toml::table &table, LaunchSpec &spec) {
    reader.takeAll();
    for (const auto &[key, value] : table) {
        const std::string_view name = key.str();
        const auto options = launchOptions();
        const auto option =
            std::ranges::find_if(options, [&](const LaunchOption &o) { return name == o.name; });
        // Made or chosen by the check itself.
        constexpr std::array ours{"vsock-path", "capture", "record"};
        if (option == options.end() || !option->isIn(inRunEnclave) ||
            std::ranges::any_of(ours, [&](const char *own) { return name == own; })) {
            reader.refuseAt(key.source(), u"A check has no launch option \"%1\"."_s.arg(tomlText(name)));
            return;
        }
        Result<void> taken;
        if (const auto *flag = value.as_boolean(); flag && option->isSwitch())
            taken = setValue(*option, spec, flag->get());
        else if (const auto *whole = value.as_integer(); whole && option->isNumber())
            taken = setFromText(*option, spec, QString::number(whole->get()));
        else if (const auto *text = value.as_string(); text && !option->isSwitch())
            taken = setFromText(*option, spec, tomlText(text->get()));
        else if (value.is_array() && option->kind == OptionKind::list)
            taken = setValue(*option, spec, QVariant(reader.texts(name)));
        else
            taken = failure(u"launch-option"_s, u"This value is of another type than the option's."_s);
        if (!taken)
            reader.refuse(value, u"%1: %2"_s.arg(tomlText(name), taken.error().message));
    }
}

void readStages(TomlReader &reader, const toml::table &table, QVector<ExpectedStage> &stages) {
    reader.takeAll();
    for (const auto &[key, value] : table) {
        ExpectedStage stage{tomlText(key.str()), {}};
        if (!isKnownStage(stage.name))
            return reader.refuseAt(
                key.source(),
                u"\"%1\" is no stage of the boot: reset, header, crc, kernel, ramdisk, handoff."_s.arg(
                    stage.name));
        if (const auto *text = value.as_string()) {
            stage.withinNs = nanosecondsOf(tomlText(text->get()));
            if (!stage.withinNs)
                return reader.refuse(value,
                                     u"%1 must be a time such as \"250 ms\", or true."_s.arg(stage.name));
        } else if (!value.is_boolean() || !value.as_boolean()->get()) {
            return reader.refuse(value, u"%1 must be a time such as \"250 ms\", or true."_s.arg(stage.name));
        }
        stages.append(stage);
    }
    const auto rank = [](const ExpectedStage &stage) {
        return std::ranges::find_if(bootStageNames,
                                    [&](const char *name) { return stage.name == QLatin1String(name); });
    };
    std::ranges::sort(stages, {}, rank); // a table of TOML has no order
}

// 0 = "<96 digits>", or 16 = { value = "…", locked = true }
void readPcrs(TomlReader &reader, const toml::table &table, QVector<ExpectedPcr> &pcrs) {
    constexpr qsizetype digestBytes = 48;
    reader.takeAll();
    const auto readValue = [&](const toml::node &node, const QString &text, ExpectedPcr &pcr) {
        const QByteArray hex = text.trimmed().toLower().toLatin1();
        pcr.value = QByteArray::fromHex(hex);
        if (pcr.value.size() != digestBytes || pcr.value.toHex() != hex)
            reader.refuse(node, u"PCR%1 must be 96 hexadecimal digits (SHA-384)."_s.arg(pcr.index));
    };
    for (const auto &[key, value] : table) {
        ExpectedPcr pcr;
        QString name = tomlText(key.str());
        if (name.startsWith("PCR"_L1, Qt::CaseInsensitive))
            name = name.sliced(3);
        bool isNumber = false;
        pcr.index = name.toInt(&isNumber);
        if (!isNumber || pcr.index < 0 || pcr.index >= int(NSM_PCR_COUNT))
            return reader.refuseAt(
                key.source(),
                u"\"%1\" is no PCR; they go from 0 to %2."_s.arg(tomlText(key.str())).arg(NSM_PCR_COUNT - 1));
        if (value.is_table()) {
            reader.table(key.str(), [&](TomlReader &both, const toml::table &content) {
                if (const auto text = both.text("value"))
                    readValue(*content.get("value"), *text, pcr);
                pcr.isLocked = both.flag("locked");
            });
        } else if (const auto *text = value.as_string()) {
            readValue(value, tomlText(text->get()), pcr);
        } else {
            return reader.refuse(
                value, u"PCR%1 must be a text, or { value = \"…\", locked = true }."_s.arg(pcr.index));
        }
        pcrs.append(pcr);
    }
    std::ranges::sort(pcrs, {}, &ExpectedPcr::index);
}

void readRecords(TomlReader &reader, const toml::table &table, QVector<ExpectedRecords> &all) {
    ExpectedRecords records;
    constexpr qint64 most = std::numeric_limits<qint64>::max();
    const auto text = reader.text("filter");
    records.name = reader.text("name").value_or(QString());
    records.atLeast = quint64(reader.number("at-least", 0, most).value_or(1));
    if (const auto atMost = reader.number("at-most", 0, most)) {
        records.atMost = quint64(*atMost);
        if (!table.get("at-least"))
            records.atLeast = 0;
    }
    if (!text)
        return reader.refuseAt(table.source(), u"Records need a filter: filter = \"interface==nsm\"."_s);
    records.filterText = *text;
    auto filter = pcapng::RecordFilter::parse(*text);
    if (!filter)
        return reader.refuse(*table.get("filter"), filter.error().text());
    records.filter = std::move(*filter);
    all.append(std::move(records));
}

std::optional<quint32> readPort(TomlReader &reader, const toml::table &table) {
    const auto port = reader.number("port", 0, std::numeric_limits<quint32>::max() - 1);
    if (port)
        return quint32(*port);
    reader.refuseAt(table.source(), u"This needs a port: port = 5000."_s);
    return std::nullopt;
}

void readFlows(TomlReader &reader, const toml::table &table, QVector<ExpectedFlows> &all) {
    constexpr qint64 most = std::numeric_limits<qint64>::max();
    ExpectedFlows flows;
    flows.port = readPort(reader, table).value_or(0);
    if (const auto by = reader.text("dialed-by")) {
        if (*by != "enclave"_L1 && *by != "parent"_L1)
            return reader.refuse(*table.get("dialed-by"), u"dialed-by must be \"enclave\" or \"parent\"."_s);
        flows.isDialedByGuest = *by == "enclave"_L1;
    }
    flows.atLeast = quint64(reader.number("at-least", 1, most).value_or(1));
    flows.bytesFromGuest = quint64(reader.number("bytes-from-enclave", 0, most).value_or(0));
    flows.bytesToGuest = quint64(reader.number("bytes-to-enclave", 0, most).value_or(0));
    all.append(flows);
}

Exchange readExchange(TomlReader &reader, const toml::table &table, const char *textKey) {
    Exchange exchange;
    exchange.command = reader.texts("command");
    const auto text = reader.text(textKey);
    exchange.text = text.value_or(QString()).toUtf8();
    exchange.expect = reader.pattern("expect");
    if (text && !exchange.command.isEmpty())
        reader.refuse(*table.get(textKey), u"A connection has a command or a text, not both."_s);
    if (exchange.expect && !exchange.command.isEmpty())
        reader.refuse(*table.get("expect"),
                      u"A command judges by its exit status; expect goes with a text."_s);
    return exchange;
}

void readAll(TomlReader &reader, CheckSpec &spec) {
    if (const auto seconds = reader.number("timeout", 1, maxTimeoutSeconds))
        spec.timeoutSeconds = double(*seconds);
    reader.table("launch",
                 [&](TomlReader &part, const toml::table &table) { readLaunch(part, table, spec.launch); });
    reader.table("console", [&](TomlReader &part, const toml::table &) {
        spec.inOrder = part.patterns("in-order");
        spec.anywhere = part.patterns("contains");
        spec.never = part.patterns("never");
        spec.input = part.text("input").value_or(QString()).toUtf8();
        spec.inputAfter = part.pattern("input-after");
    });
    reader.table("stages",
                 [&](TomlReader &part, const toml::table &table) { readStages(part, table, spec.stages); });
    reader.table("pcrs",
                 [&](TomlReader &part, const toml::table &table) { readPcrs(part, table, spec.pcrs); });
    reader.tables("records", [&](TomlReader &part, const toml::table &table) {
        readRecords(part, table, spec.records);
    });
    reader.tables("flows",
                  [&](TomlReader &part, const toml::table &table) { readFlows(part, table, spec.flows); });
    reader.tables("listen", [&](TomlReader &part, const toml::table &table) {
        if (const auto port = readPort(part, table))
            spec.services.append({*port, readExchange(part, table, "reply")});
    });
    reader.tables("connect", [&](TomlReader &part, const toml::table &table) {
        if (const auto port = readPort(part, table)) {
            auto after = part.pattern("after");
            spec.connections.append({*port, std::move(after), readExchange(part, table, "send")});
        }
    });
    reader.table("end", [&](TomlReader &part, const toml::table &table) {
        if (const auto code = part.number("exit-code", 0, 255))
            spec.exitCode = int(*code);
        else
            part.refuseAt(table.source(), u"The end needs an exit code of run-enclave: exit-code = 0."_s);
    });
}

} // namespace

Result<CheckSpec> readCheckSpec(const QByteArray &toml, const QString &name) {
    if (toml.size() > maxCheckSpec)
        return failure(u"check-spec"_s, u"A check has at most %1 bytes."_s.arg(maxCheckSpec), name);
    toml::parse_result parsed;
    try {
        parsed = toml::parse(std::string_view(toml.constData(), size_t(toml.size())));
    } catch (const TomlAssertion &) {
        return failure(u"check-spec"_s, u"This is not TOML: the library that reads it does not say where."_s,
                       name);
    }
    if (!parsed) {
        const toml::parse_error &problem = parsed.error();
        return failure(
            u"check-spec"_s, u"This is not TOML: %1"_s.arg(tomlText(problem.description())),
            u"%1:%2:%3"_s.arg(name).arg(problem.source().begin.line).arg(problem.source().begin.column));
    }
    CheckSpec spec;
    std::optional<Error> problem;
    TomlReader reader(parsed.table(), {}, name, problem);
    readAll(reader, spec);
    reader.finish();
    if (problem)
        return tl::unexpected(*problem);
    return spec;
}

} // namespace nitroscope::app
