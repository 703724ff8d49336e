// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the capture of a recording tells of one moment: how far the boot was, what had been asked and sent, what the console
// said. Reading blocks; a window has all this in its account.
#pragma once

#include "app/session/record/recording_place.hpp"

#include <functional>

namespace nitroscope::app {

struct Moment {
    quint64 instruction = 0;
    std::optional<qint64> virtualNs; // of the last record before it
    QString stage;                   // of the boot; empty before the first
    QString line;                    // the console's last one, as far as it had come
    quint64 records = 0, transactions = 0, packets = 0, pcrChanges = 0;
};

// The records of a capture in their order, until `take` says false. A capture that was cut is read to where it ends. Errors:
// those of pcapng::readAll(), "capture-unreadable".
Result<void> scanCapture(const QString &path, const std::function<bool(const pcapng::Record &)> &take);

// The instruction of a place; the recording's end stands for itself and is `end`. Errors: those of PlaceFinder and scanCapture().
Result<quint64> findPlace(const QString &capture, const RecordingPlace &place, quint64 end);

// Everything up to and with that instruction. `console` gets what the guest had written by then.
Result<Moment> readMoment(const QString &capture, quint64 instruction,
                          const std::function<void(const QByteArray &)> &console = {});

// The places that somebody may want to go to: the boot's stages and each change of a PCR.
struct NamedRecordingPlace {
    QString name; // as readPlace() takes it
    std::optional<quint64> instruction;
    std::optional<qint64> virtualNs;
    QString text; // what happened
};
inline constexpr qsizetype maxNamedPlaces = 10'000;
Result<QVector<NamedRecordingPlace>> listPlaces(const QString &capture);

} // namespace nitroscope::app
