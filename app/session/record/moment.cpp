// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/session/record/moment.hpp"

#include "app/proto/pcapng/capture_reader.hpp"
#include "app/proto/pcapng/record_text.hpp"

#include <array>
#include <QFile>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;
namespace {

constexpr qsizetype maxTail = 4096; // bytes of the console that are kept

// The last line that is not empty.
QString lastLine(const QByteArray &tail) {
    const QByteArray text = tail.trimmed();
    return QString::fromUtf8(text.mid(text.lastIndexOf('\n') + 1));
}

} // namespace

Result<void> scanCapture(const QString &path, const std::function<bool(const pcapng::Record &)> &take) {
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly))
        return failure(u"capture-unreadable"_s, file.errorString(), path);
    bool goesOn = true;
    pcapng::CaptureReader reader([&](const pcapng::Record &record) { goesOn = goesOn && take(record); });
    auto read = pcapng::readAll(file, reader, [&goesOn] { return goesOn; });
    if (!read)
        read.error().context = path;
    return read;
}

Result<quint64> findPlace(const QString &capture, const RecordingPlace &place, quint64 end) {
    if (std::holds_alternative<recording_place::End>(place))
        return end;
    if (const auto known = instructionOf(place))
        return *known;
    PlaceFinder finder(place);
    const auto scanned =
        scanCapture(capture, [&finder](const pcapng::Record &record) { return !finder.take(record); });
    if (!scanned)
        return tl::unexpected(scanned.error());
    return finder.result();
}

Result<Moment> readMoment(const QString &capture, quint64 instruction,
                          const std::function<void(const QByteArray &)> &console) {
    Moment moment;
    moment.instruction = instruction;
    QByteArray tail;
    const auto scanned = scanCapture(capture, [&](const pcapng::Record &record) {
        if (record.icount && *record.icount > instruction)
            return false;
        ++moment.records;
        moment.virtualNs = record.virtualNs ? record.virtualNs : moment.virtualNs;
        if (const auto stage = bootStageOf(record))
            moment.stage = stage->index < 0 ? stage->stage : u"%1 %2"_s.arg(stage->stage).arg(stage->index);
        const auto *nsm = std::get_if<pcapng::NsmRecord>(&record.content);
        moment.transactions += nsm && !nsm->isResponse;
        moment.packets += std::holds_alternative<pcapng::VsockRecord>(record.content);
        moment.pcrChanges += pcrChangeOf(record).has_value();
        if (const QByteArray bytes = consoleOutputOf(record); !bytes.isEmpty()) {
            tail = (tail + bytes).right(maxTail);
            if (console)
                console(bytes);
        }
        return true;
    });
    if (!scanned)
        return tl::unexpected(scanned.error());
    moment.line = lastLine(tail);
    return moment;
}

Result<QVector<NamedRecordingPlace>> listPlaces(const QString &capture) {
    QVector<NamedRecordingPlace> places;
    std::array<int, 32> changes{};
    const auto scanned = scanCapture(capture, [&](const pcapng::Record &record) {
        QString name;
        if (const auto stage = bootStageOf(record)) {
            name = u"stage:"_s + stage->stage;
            if (stage->index >= 0)
                name += u":%1"_s.arg(stage->index);
        } else if (const auto change = pcrChangeOf(record)) {
            const int number = ++changes[static_cast<size_t>(change->pcr.index)];
            name = u"pcr:%1:%2"_s.arg(change->pcr.index).arg(number);
        }
        if (!name.isEmpty())
            places.append({name, record.icount, record.virtualNs, pcapng::summaryOf(record)});
        return places.size() < maxNamedPlaces;
    });
    if (!scanned)
        return tl::unexpected(scanned.error());
    return places;
}

} // namespace nitroscope::app
