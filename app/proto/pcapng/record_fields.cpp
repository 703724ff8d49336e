// SPDX-License-Identifier: GPL-2.0-or-later
//
// See record_fields.hpp.
#include "app/proto/pcapng/record_fields.hpp"

#include "app/proto/pcapng/record_text.hpp"

namespace nitroscope::pcapng {

using namespace Qt::Literals::StringLiterals;

namespace {

using Field = FilterField;

const FilterFieldName fieldNames[] = {
    {"interface", Field::interface, false, "vsock, nsm, console, machine, guest, foreign"},
    {"kind", Field::kind, false,
     "NSM request (ExtendPCR), machine record (boot-stage), vsock operation (REQUEST)"},
    {"result", Field::result, false, "result of an NSM response: Success, InvalidIndex, ..."},
    {"direction", Field::direction, false, "in (to the guest), out, none"},
    {"verdict", Field::verdict, false, "passed, delayed, dropped, changed, refused, malformed"},
    {"text", Field::text, false, "the line as it is shown, or console text"},
    {"time", Field::time, true,
     "host time since the first record; 1.5s, 20ms, 300us, plain numbers are seconds"},
    {"clock", Field::clock, true, "the guest's virtual clock, same units"},
    {"duration", Field::duration, true, "of an NSM response, same units"},
    {"transaction", Field::transaction, true,
     "number of an NSM transaction, also on the PCR changes it made"},
    {"flow", Field::flow, true, "vsock flow or NSM transaction"},
    {"rule", Field::rule, true, "fault or break rule that acted"},
    {"pcr", Field::pcr, true, "PCR index of an NSM request or a PCR change"},
    {"length", Field::length, true, "original length in bytes, our header included"},
    {"port", Field::port, true, "either port of a vsock packet"},
};

std::optional<qint64> machineNumber(const Record &record, const QString &key) {
    const auto *machine = std::get_if<MachineRecord>(&record.content);
    return machine && machine->fields.contains(key) ? std::optional(machine->fields.value(key).toLongLong())
                                                    : std::nullopt;
}

} // namespace

std::span<const FilterFieldName> filterFields() {
    return fieldNames;
}

std::optional<QString> textIn(const Record &record, Field field) {
    const auto some = [](const QString &text) { return text.isEmpty() ? std::nullopt : std::optional(text); };
    switch (field) {
    case Field::interface:
        return nameOf(record.source);
    case Field::kind:
        return some(kindOf(record));
    case Field::result:
        if (const auto *nsm = std::get_if<NsmRecord>(&record.content); nsm && nsm->isResponse)
            return nsm->resultName();
        return std::nullopt;
    case Field::direction:
        return nameOf(record.direction);
    case Field::verdict:
        return nameOf(record.verdict);
    default:
        if (const auto *console = std::get_if<ConsoleRecord>(&record.content))
            return QString::fromUtf8(console->bytes);
        return summaryOf(record);
    }
}

std::optional<qint64> numberIn(const Record &record, Field field, qint64 firstHostNs) {
    const auto *nsm = std::get_if<NsmRecord>(&record.content);
    switch (field) {
    case Field::time:
        // Both are anything a file can hold: wrap rather than overflow.
        return static_cast<qint64>(static_cast<quint64>(record.hostNs) - static_cast<quint64>(firstHostNs));
    case Field::clock:
        return record.virtualNs;
    case Field::duration:
        return nsm && nsm->isResponse ? std::optional(qint64(nsm->durationNs)) : std::nullopt;
    case Field::transaction:
        return nsm ? std::optional(qint64(nsm->transaction)) : machineNumber(record, u"transaction"_s);
    case Field::flow:
        return record.flow ? std::optional(qint64(record.flow)) : machineNumber(record, u"flow"_s);
    case Field::rule:
        return record.rule ? std::optional(qint64(record.rule)) : machineNumber(record, u"rule"_s);
    case Field::pcr:
        return pcrOf(record);
    case Field::length:
        return record.original;
    default:
        return std::nullopt;
    }
}

} // namespace nitroscope::pcapng
