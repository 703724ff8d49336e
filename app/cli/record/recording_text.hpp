// SPDX-License-Identifier: GPL-2.0-or-later
//
// Recordings and moments of them as lines and as JSON.
#pragma once

#include "app/session/record/moment.hpp"
#include "app/session/record/recording.hpp"

namespace nitroscope::cli {

enum class Form { text, json };

// "1.250000 s", or "-".
QString secondsText(std::optional<qint64> virtualNs);

// Where a replay stands. Ends with a line break.
QByteArray momentText(const app::Moment &moment, Form form);
// What a recording is of.
QByteArray recordingText(const app::Recording &recording, Form form);
// Its places, those of the capture and those that were kept.
QByteArray placesText(const QVector<app::NamedRecordingPlace> &named, const app::RecordingPlaces &kept,
                      Form form);

// The recording and what is kept with it, for commands that are given its name. Says why not and gives nothing.
std::optional<app::Recording> openOrSay(const QString &path);
app::RecordingPlaces placesOrSay(const app::Recording &recording);

} // namespace nitroscope::cli
