// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/cli/record/recording_text.hpp"

#include "app/cli/kit/console_output.hpp"
#include "app/formats/json/json_writer.hpp"

namespace nitroscope::cli {

using namespace Qt::Literals::StringLiterals;
namespace {

using formats::JsonWriter;

QJsonValue numberOrNull(std::optional<qint64> number) {
    return number ? QJsonValue(*number) : QJsonValue(QJsonValue::Null);
}

std::optional<qint64> asSigned(std::optional<quint64> number) {
    return number ? std::optional(static_cast<qint64>(*number)) : std::nullopt;
}

QString row(const char *name, const QString &value) {
    return u"%1 %2\n"_s.arg(QLatin1String(name), -14).arg(value);
}

QString mebibytes(quint64 bytes) {
    return u"%1 MiB"_s.arg(double(bytes) / (1024 * 1024), 0, 'f', 1);
}

} // namespace

QString secondsText(std::optional<qint64> virtualNs) {
    return virtualNs ? u"%1 s"_s.arg(double(*virtualNs) / 1e9, 0, 'f', 6) : u"-"_s;
}

QByteArray momentText(const app::Moment &moment, Form form) {
    if (form == Form::json) {
        JsonWriter json;
        json.beginObject();
        json.field(u"Instruction", qint64(moment.instruction));
        json.field(u"TimeNs", numberOrNull(moment.virtualNs));
        json.field(u"Stage", moment.stage);
        json.field(u"Records", qint64(moment.records));
        json.field(u"NsmRequests", qint64(moment.transactions));
        json.field(u"VsockPackets", qint64(moment.packets));
        json.field(u"PcrChanges", qint64(moment.pcrChanges));
        json.field(u"ConsoleLine", moment.line);
        json.endObject();
        return json.text();
    }
    return (row("Instruction", QString::number(moment.instruction)) +
            row("Time", secondsText(moment.virtualNs)) +
            row("Boot stage", moment.stage.isEmpty() ? u"before the first"_s : moment.stage) +
            row("So far",
                u"%1 records: %2 NSM requests, %3 vsock packets, %4 PCR changes"_s.arg(moment.records)
                    .arg(moment.transactions)
                    .arg(moment.packets)
                    .arg(moment.pcrChanges)) +
            row("Console", moment.line))
        .toUtf8();
}

QByteArray recordingText(const app::Recording &recording, Form form) {
    const app::RecordingFacts &facts = recording.facts;
    const quint64 bytes = recording.files.bytes();
    if (form == Form::json) {
        JsonWriter json;
        json.beginObject();
        json.field(u"Recording", recording.files.folder);
        json.field(u"Created", facts.created.toString(Qt::ISODate));
        json.field(u"ImageName", facts.eifName);
        json.field(u"ImageBytes", qint64(facts.eifBytes));
        json.field(u"ImageSha384", QString::fromLatin1(facts.eifSha384.toHex()));
        json.field(u"Measurements", facts.measurements);
        json.field(u"Options", facts.options);
        json.field(u"Nitroscope", facts.program);
        json.field(u"Qemu", facts.qemuVersion);
        json.field(u"QemuSha256", QString::fromLatin1(facts.build.qemu.toHex()));
        json.field(u"FirmwareSha256", QString::fromLatin1(facts.build.firmware.toHex()));
        json.field(u"Bytes", qint64(bytes));
        json.field(u"End", facts.end.isEmpty() ? QJsonValue(QJsonValue::Null) : QJsonValue(facts.end));
        json.endObject();
        return json.text();
    }
    QString text =
        row("Recording", recording.files.folder) +
        row("EIF", u"%1, %2"_s.arg(facts.eifName, mebibytes(facts.eifBytes))) +
        row("Created", facts.created.toString(Qt::ISODate)) +
        row("Recorded by", u"Nitroscope %1, QEMU %2"_s.arg(facts.program, facts.qemuVersion)) +
        row("On disk", mebibytes(bytes)) +
        row("End",
            facts.end.isEmpty() ? u"not known: it was cut short, or is still being recorded"_s : facts.end);
    for (auto each = facts.measurements.begin(); each != facts.measurements.end(); ++each)
        if (each.key().startsWith(u"PCR"_s)) // the rest says by which hash, as nitro-cli does
            text += u"%1 %2\n"_s.arg(each.key(), -14).arg(each.value().toString());
    for (auto each = facts.options.begin(); each != facts.options.end(); ++each)
        text += u"%1 %2\n"_s.arg(each.key(), -14)
                    .arg(each.value().isArray() ? each.value().toVariant().toStringList().join(u' ')
                                                : each.value().toVariant().toString());
    return text.toUtf8();
}

QByteArray placesText(const QVector<app::NamedRecordingPlace> &named, const app::RecordingPlaces &kept,
                      Form form) {
    if (form == Form::json) {
        JsonWriter json;
        json.beginArray();
        const auto write = [&json](const QString &name, std::optional<quint64> instruction,
                                   std::optional<qint64> virtualNs, const QString &text) {
            json.beginObject();
            json.field(u"Place", name);
            json.field(u"Instruction", numberOrNull(asSigned(instruction)));
            json.field(u"TimeNs", numberOrNull(virtualNs));
            json.field(u"Text", text);
            json.endObject();
        };
        for (const auto &each : named)
            write(each.name, each.instruction, each.virtualNs, each.text);
        for (const app::Bookmark &each : kept.bookmarks)
            write(u"bookmark:"_s + each.name, each.instruction, std::nullopt, each.note);
        json.endArray();
        return json.text();
    }
    QString text =
        u"%1 %2  %3 %4\n"_s.arg(u"instruction"_s, 14).arg(u"time"_s, 12).arg(u"place"_s, -24).arg(u"what"_s);
    const auto line = [&text](const QString &name, const QString &instruction, const QString &time,
                              const QString &what) {
        text += u"%1 %2  %3 "_s.arg(instruction, 14).arg(time, 12).arg(name, -24) + what + u'\n';
    };
    for (const auto &each : named)
        line(each.name, each.instruction ? QString::number(*each.instruction) : u"-"_s,
             secondsText(each.virtualNs), each.text);
    for (const app::Bookmark &each : kept.bookmarks)
        line(u"bookmark:"_s + each.name, QString::number(each.instruction), u"-"_s,
             QString(each.note).replace(u'\n', u' '));
    return text.toUtf8();
}

std::optional<app::Recording> openOrSay(const QString &path) {
    auto recording = app::openRecording(path);
    if (recording)
        return *std::move(recording);
    say(recording.error().text());
    return std::nullopt;
}

// A damaged file of bookmarks keeps nobody from the recording.
app::RecordingPlaces placesOrSay(const app::Recording &recording) {
    const auto places = app::loadPlaces(recording.files.places());
    if (!places)
        say(places.error().text());
    return places.value_or(app::RecordingPlaces{});
}

} // namespace nitroscope::cli
