// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/cli/enclave/enclave_json.hpp"

#include "app/formats/eif/describe_json.hpp"

#include <QJsonArray>

namespace nitroscope::cli {

using namespace Qt::Literals::StringLiterals;
namespace {

QString stateOf(const app::EnclaveRecord &record) {
    if (!record.isRunning())
        return u"TERMINATED"_s;
    return record.isStarted ? u"RUNNING"_s : u"EMPTY"_s;
}

} // namespace

void writeEnclave(formats::JsonWriter &json, const app::EnclaveRecord &record, EnclaveFields fields) {
    json.beginObject();
    json.field(u"EnclaveName", record.name);
    json.field(u"EnclaveID", record.id);
    json.field(u"ProcessID", record.process.pid);
    json.field(u"EnclaveCID", qint64(record.cid));
    json.field(u"NumberOfCPUs", record.cpuIds.size());
    json.key(u"CPUIDs");
    json.beginArray();
    for (const unsigned cpu : record.cpuIds)
        json.value(QJsonValue(int(cpu)));
    json.endArray();
    json.field(u"MemoryMiB", qint64(record.memoryMiB));
    if (fields != EnclaveFields::run) {
        json.field(u"State", stateOf(record));
        json.field(u"Flags", record.debugMode ? u"DEBUG_MODE"_s : u"NONE"_s);
        if (!record.measurements.isEmpty())
            json.field(u"Measurements", record.measurements);
        if (!record.warnings.isEmpty())
            json.field(u"Warnings", QJsonArray::fromStringList(record.warnings));
        if (!record.isRunning()) {
            json.field(u"Ended", record.ended.toString(Qt::ISODate));
            json.field(u"ExitReason", record.end);
            json.field(u"ExitCode", record.exitCode);
        }
    }
    if (fields == EnclaveFields::describeWithMetadata)
        if (const auto document = formats::EifDocument::open(record.eifPath))
            formats::writeMetadata(json, document->metadata());
    json.endObject();
}

} // namespace nitroscope::cli
