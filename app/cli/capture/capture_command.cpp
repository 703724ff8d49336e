// SPDX-License-Identifier: GPL-2.0-or-later
//
// See capture_command.hpp.
#include "app/cli/capture/capture_command.hpp"

#include "app/cli/kit/console_output.hpp"
#include "app/cli/kit/exit_code.hpp"
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
// guest's clock (both in seconds), interface, direction, what happened.
QString textLine(const Record &record, quint64 number, qint64 firstHostNs) {
    return u"%1 %2 %3 %4 %5 %6"_s.arg(number, 5)
        .arg(double(record.hostNs - firstHostNs) / 1e9, 11, 'f', 6)
        .arg(record.virtualNs ? QString::number(double(*record.virtualNs) / 1e9, 'f', 6) : u"-"_s, 11)
        .arg(pcapng::nameOf(record.source), -7)
        .arg(pcapng::nameOf(record.direction), -4)
        .arg(pcapng::summaryOf(record));
}

void tellDiagnostics(const pcapng::CaptureReader &reader, const QString &path, QTextStream &err) {
    for (const pcapng::Diagnostic &diagnostic : reader.diagnostics().list())
        err << u"nitroscope-cli: %1: byte %2: %3\n"_s.arg(path)
                   .arg(diagnostic.offset)
                   .arg(diagnostic.message);
    if (const quint64 more = reader.diagnostics().more())
        err << u"nitroscope-cli: %1: %2 more problems\n"_s.arg(path).arg(more);
}

bool openInput(QFile &file, const QString &path) {
    return path == "-"_L1 ? file.open(stdin, QIODevice::ReadOnly | QIODevice::Unbuffered)
                          : file.open(QIODevice::ReadOnly | QIODevice::Unbuffered);
}

} // namespace

int exportCapture(const ExportCaptureOptions &options, QTextStream &err) {
    QFile file(options.path);
    if (!openInput(file, options.path)) {
        err << u"nitroscope-cli: %1: %2\n"_s.arg(options.path, file.errorString());
        return refused;
    }
    const auto counts = app::exportTcpView(file, options.tcpPath);
    if (!counts) {
        err << u"nitroscope-cli: %1: %2\n"_s.arg(options.path, counts.error().text());
        return refused;
    }
    if (!counts->damage.isEmpty())
        err << u"nitroscope-cli: %1: %2 Everything before it was exported.\n"_s.arg(options.path,
                                                                                    counts->damage);
    if (options.format == ShowCaptureOptions::Format::json) {
        formats::JsonWriter json;
        json.beginObject();
        json.field(u"File", options.tcpPath);
        json.field(u"Connections", qint64(counts->connections));
        json.field(u"Packets", qint64(counts->segments));
        json.field(u"Damage",
                   counts->damage.isEmpty() ? QJsonValue(QJsonValue::Null) : QJsonValue(counts->damage));
        json.endObject();
        return writeOutput(json.text()) == Written::all ? ok : refused;
    }
    err << u"nitroscope-cli: %1 connections in %2 packets\n"_s.arg(counts->connections).arg(counts->segments);
    return ok;
}

int showCapture(const ShowCaptureOptions &options, QTextStream &out, QTextStream &err) {
    const auto filter = pcapng::RecordFilter::parse(options.filter);
    if (!filter) {
        err << u"nitroscope-cli: --filter: %1\n  %2\n  %3^\n"_s.arg(
            filter.error().message, options.filter,
            QString(qsizetype(filter.error().offset.value_or(0)), u' '));
        return refused;
    }
    QFile file(options.path);
    if (!openInput(file, options.path)) {
        err << u"nitroscope-cli: %1: %2\n"_s.arg(options.path, file.errorString());
        return refused;
    }
    quint64 number = 0;
    qint64 firstHostNs = 0;
    pcapng::CaptureReader reader([&](const Record &record) {
        if (++number == 1)
            firstHostNs = record.hostNs;
        if (!filter->matches(record, firstHostNs))
            return;
        if (options.format == ShowCaptureOptions::Format::text) {
            out << textLine(record, number, firstHostNs) << '\n';
        } else {
            QJsonObject json = pcapng::toJson(record);
            json.insert(u"number"_s, qint64(number));
            out << QString::fromUtf8(QJsonDocument(json).toJson(QJsonDocument::Compact)) << '\n';
        }
        out.flush(); // a reader of a live stream wants each line at once
    });
    const auto result = pcapng::readAll(file, reader);
    if (!result) {
        err << u"nitroscope-cli: %1: %2\n"_s.arg(options.path, result.error().text());
        return refused;
    }
    tellDiagnostics(reader, options.path, err);
    return reader.failed() ? refused : ok;
}

} // namespace nitroscope::cli
