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

void writeEnclave(formats::JsonWriter &json, const app::EnclaveRecord &record, EnclaveFields fields,
                  const formats::EifDocument *image) {
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
        if (image)
            formats::writeMetadata(json, *image);
        if (!record.recording.isEmpty())
            json.field(u"Recording", record.recording);
        if (!record.warnings.isEmpty())
            json.field(u"Warnings", QJsonArray::fromStringList(record.warnings));
        if (!record.isRunning()) {
            json.field(u"Ended", record.ended.toString(Qt::ISODate));
            json.field(u"ExitReason", record.end);
            json.field(u"ExitCode", record.exitCode);
        }
    }
    json.endObject();
}

app::Result<QJsonObject> measureImage(const QString &path, std::stop_token stop) {
    const auto image = formats::EifDocument::open(path);
    if (!image)
        return tl::unexpected(image.error());
    if (!image->image().bootable())
        return app::failure(u"E36"_s, u"The image cannot be measured."_s);
    return image->measurements(std::move(stop)).map(formats::measurementsOf);
}

} // namespace nitroscope::cli
