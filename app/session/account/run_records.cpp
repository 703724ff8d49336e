// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/session/account/run_records.hpp"

#include "app/proto/pcapng/kms_call.hpp"
#include "app/proto/pcapng/record_text.hpp"

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;
namespace {

const pcapng::MachineRecord *machineRecord(const pcapng::Record &record, const char *kind) {
    const auto *machine = std::get_if<pcapng::MachineRecord>(&record.content);
    return machine && machine->kind == QLatin1String(kind) ? machine : nullptr;
}

QString text(const pcapng::MachineRecord &machine, const char *key) {
    return machine.fields.value(QLatin1String(key)).toString();
}

QDateTime timeOf(const pcapng::Record &record) {
    return QDateTime::fromMSecsSinceEpoch(record.hostNs / 1'000'000, Qt::UTC);
}

// Of the record that a stream ends with when it has reached its limit.
std::optional<QString> fullCaptureText(const pcapng::MachineRecord &machine) {
    const QVariant limit = machine.fields.value(u"limit"_s);
    if (machine.kind != QLatin1String(NITRO_CAPTURE_KIND_CONTROL) || !limit.isValid())
        return std::nullopt;
    return u"The capture has reached its limit of %1 MiB. What follows is counted, but neither recorded nor shown; "
           "a larger limit can be chosen for the next run (capture-limit)."_s.arg(limit.toULongLong() >> 20);
}

} // namespace

std::optional<BootStage> bootStageOf(const pcapng::Record &record) {
    const auto *machine = machineRecord(record, NITRO_CAPTURE_KIND_BOOT_STAGE);
    if (!machine)
        return std::nullopt;
    const QVariant index = machine->fields.value(u"index"_s);
    return BootStage{text(*machine, "stage"), index.isValid() ? index.toInt() : -1,
                     record.virtualNs.value_or(0), record.hostNs, text(*machine, "text")};
}

std::optional<BootFailure> bootFailureOf(const pcapng::Record &record) {
    const auto *machine = machineRecord(record, NITRO_CAPTURE_KIND_BOOT_FAILURE);
    if (!machine)
        return std::nullopt;
    BootFailure failure{text(*machine, "stage"),
                        text(*machine, "reason"),
                        text(*machine, "e-code"),
                        text(*machine, "message"),
                        {},
                        {}};
    if (const QVariant offset = machine->fields.value(u"offset"_s); offset.isValid())
        failure.offset = offset.toULongLong();
    if (const QVariant section = machine->fields.value(u"section"_s); section.isValid())
        failure.section = section.toInt();
    return failure;
}

std::optional<PcrChange> pcrChangeOf(const pcapng::Record &record) {
    const auto *machine = machineRecord(record, NITRO_CAPTURE_KIND_PCR);
    if (!machine)
        return std::nullopt;
    const int index = machine->fields.value(u"index"_s, -1).toInt();
    const QByteArray value = machine->fields.value(u"value"_s).toByteArray();
    if (index < 0 || index > 31 || value.size() != 48)
        return std::nullopt;
    return PcrChange{{index, value, machine->fields.value(u"locked"_s).toBool()},
                     text(*machine, "cause"),
                     machine->fields.value(u"transaction"_s).toULongLong(),
                     record.hostNs,
                     record.virtualNs.value_or(-1),
                     record.offset};
}

bool isReset(const pcapng::Record &record) {
    return machineRecord(record, NITRO_CAPTURE_KIND_RESET) != nullptr;
}

QByteArray consoleOutputOf(const pcapng::Record &record) {
    const auto *console = std::get_if<pcapng::ConsoleRecord>(&record.content);
    return console && record.direction != pcapng::Direction::inbound ? console->bytes : QByteArray();
}

std::optional<LogEntry> logEntryOf(const pcapng::Record &record) {
    LogLevel level = LogLevel::info;
    if (const auto *machine = std::get_if<pcapng::MachineRecord>(&record.content)) {
        for (const char *elsewhere :
             {NITRO_CAPTURE_KIND_BOOT_STAGE, NITRO_CAPTURE_KIND_PCR, NITRO_CAPTURE_KIND_VSOCK_OPEN,
              NITRO_CAPTURE_KIND_VSOCK_CLOSE, pcapng::kmsCallKind})
            if (machine->kind == QLatin1String(elsewhere))
                return std::nullopt; // they have panels of their own
        const bool bad = machine->kind == QLatin1String(NITRO_CAPTURE_KIND_BOOT_FAILURE);
        const bool attention = machine->kind == QLatin1String(NITRO_CAPTURE_KIND_BOOT_WARNING);
        level = bad ? LogLevel::error : attention ? LogLevel::warning : LogLevel::info;
        if (const auto text = fullCaptureText(*machine))
            return LogEntry{timeOf(record), LogLevel::warning, u"capture"_s, *text};
    } else if (std::holds_alternative<pcapng::DroppedRecord>(record.content)) {
        level = LogLevel::warning;
    } else {
        return std::nullopt;
    }
    return LogEntry{timeOf(record), level, u"capture"_s, pcapng::summaryOf(record)};
}

} // namespace nitroscope::app
