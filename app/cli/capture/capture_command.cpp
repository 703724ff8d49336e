// SPDX-License-Identifier: GPL-2.0-or-later
//
// See capture_command.hpp.
#include "app/cli/capture/capture_command.hpp"

#include "app/cli/kit/console_output.hpp"
#include "app/cli/kit/exit_code.hpp"
#include "app/core/input/input_file.hpp"
#include "app/core/input/same_file.hpp"
#include "app/formats/json/json_writer.hpp"
#include "app/proto/pcapng/capture_reader.hpp"
#include "app/proto/pcapng/record_filter.hpp"
#include "app/proto/pcapng/record_text.hpp"
#include "app/session/capture/tcp_export.hpp"

#include <cstdio>
#include <QFile>
#include <QJsonDocument>

namespace nitroscope::cli {

using namespace Qt::Literals::StringLiterals;
namespace {

using pcapng::Record;

// "  12  0.004321  1.250000  nsm      out  41 ExtendPCR ...": number, host time since the first record, the
// guest's clock (both in seconds), where they are counted the instructions, interface, direction, what happened.
QString textLine(const Record &record, quint64 number, qint64 firstHostNs) {
    return u"%1 %2 %3%4 %5 %6 %7"_s.arg(number, 5)
        .arg(double(record.hostNs - firstHostNs) / 1e9, 11, 'f', 6)
        .arg(record.virtualNs ? QString::number(double(*record.virtualNs) / 1e9, 'f', 6) : u"-"_s, 11)
        .arg(record.icount ? u" %1"_s.arg(*record.icount, 12) : QString())
        .arg(pcapng::nameOf(record.source), -7)
        .arg(pcapng::nameOf(record.direction), -4)
        .arg(pcapng::summaryOf(record));
}

void tellDiagnostics(const pcapng::CaptureReader &reader, const QString &path, const CaptureOutput &output) {
    for (const pcapng::Diagnostic &diagnostic : reader.diagnostics().list())
        output.say(u"%1: byte %2: %3"_s.arg(path).arg(diagnostic.offset).arg(diagnostic.message));
    if (const quint64 more = reader.diagnostics().more())
        output.say(u"%1: %2 more problems"_s.arg(path).arg(more));
}

app::Result<void> openCapture(QFile &file, const QString &path) {
    if (path != "-"_L1)
        return app::openInput(file, path);
    if (!file.open(stdin, QIODevice::ReadOnly | QIODevice::Unbuffered))
        return app::failure(u"input"_s, file.errorString(), path);
    return {};
}

} // namespace

int exportCapture(const ExportCaptureOptions &options, const CaptureOutput &output) {
    QFile file;
    if (const auto opened = openCapture(file, options.path); !opened) {
        output.say(opened.error().text());
        return refused;
    }
    if (app::isSameFile(file, options.tcpPath)) {
        output.say(
            u"%1: This is the capture itself; choose another name for the export."_s.arg(options.tcpPath));
        return refused;
    }
    const auto counts = app::exportTcpView(file, options.tcpPath);
    if (!counts) {
        output.say(counts.error().code == "output"_L1 ? counts.error().text()
                                                      : u"%1: %2"_s.arg(options.path, counts.error().text()));
        return refused;
    }
    if (!counts->damage.isEmpty())
        output.say(u"%1: %2 Everything before it was exported."_s.arg(options.path, counts->damage));
    if (options.format == ShowCaptureOptions::Format::json) {
        formats::JsonWriter json;
        json.beginObject();
        json.field(u"File", options.tcpPath);
        json.field(u"Connections", qint64(counts->connections));
        json.field(u"Packets", qint64(counts->segments));
        json.field(u"Damage",
                   counts->damage.isEmpty() ? QJsonValue(QJsonValue::Null) : QJsonValue(counts->damage));
        json.endObject();
        return output.print(json.text());
    }
    output.say(u"%1 connections in %2 packets"_s.arg(counts->connections).arg(counts->segments));
    return ok;
}

int showCapture(const ShowCaptureOptions &options, const CaptureOutput &output) {
    const auto filter = pcapng::RecordFilter::parse(options.filter);
    if (!filter) {
        output.say(u"--filter: "_s + filter.error().message);
        output.say(u"  "_s + options.filter);
        output.say(QString(2 + qsizetype(filter.error().offset.value_or(0)), u' ') + u'^');
        return refused;
    }
    QFile file;
    if (const auto opened = openCapture(file, options.path); !opened) {
        output.say(opened.error().text());
        return refused;
    }
    quint64 number = 0;
    qint64 firstHostNs = 0;
    int code = ok;
    pcapng::CaptureReader reader([&](const Record &record) {
        if (++number == 1)
            firstHostNs = record.hostNs;
        if (code != ok || !filter->matches(record, firstHostNs))
            return;
        if (options.format == ShowCaptureOptions::Format::text) {
            code = output.print(textLine(record, number, firstHostNs).toUtf8() + '\n');
        } else {
            QJsonObject json = pcapng::toJson(record);
            json.insert(u"number"_s, qint64(number));
            code = output.print(QJsonDocument(json).toJson(QJsonDocument::Compact) + '\n');
        }
    });
    const auto result = pcapng::readAll(file, reader, [&code] { return code == ok; });
    if (code != ok)
        return code;
    if (!result) {
        output.say(u"%1: %2"_s.arg(options.path, result.error().text()));
        return refused;
    }
    tellDiagnostics(reader, options.path, output);
    return reader.failed() ? refused : ok;
}

} // namespace nitroscope::cli
