// SPDX-License-Identifier: GPL-2.0-or-later
//
// Two runs side by side: boot stages with their durations, PCRs, NSM requests, flows and console lines in their order,
// and what differs between them.
#pragma once

#include "app/session/runs/run_reading.hpp"

#include <QVector>

namespace nitroscope::app {

struct RunDifference {
    enum class Subject { stage, pcr, request, flow, console } subject = Subject::stage;
    QString what;        // stage, PCR, or the place in the sequence
    QString left, right; // empty: it is not there
    bool differs = false;

    bool operator==(const RunDifference &) const = default;
};

QString subjectText(RunDifference::Subject subject);

// A stage differs when one run does not have it, or when it took more than a quarter and a millisecond longer in one of
// them: times are never the same.
QVector<RunDifference> compareRuns(const RunFacts &left, const RunFacts &right);

// Pairs of positions, -1 where one has nothing in its place: as many equal ones as there can be. Where both are longer
// than that could be found in a moment, what differs is paired in order.
std::vector<std::pair<int, int>> alignLines(const QStringList &left, const QStringList &right);

} // namespace nitroscope::app
