// SPDX-License-Identifier: GPL-2.0-or-later
//
// Standard output of a program, of which there is one: every write is checked, the end as well. A reader that goes
// away is an answer, not a SIGPIPE; a reader that is slow holds the writer back; one that has stopped reading does not
// keep Ctrl-C or a timeout from working; a full disk is a failure.
#pragma once

#include <functional>
#include <QByteArray>
#include <QString>

namespace nitroscope::app {

enum class Written { all, readerGone, givenUp, failed };

// First of all in main(): a program that was started without one of the three standard descriptors would write its
// output into the file that happens to get the number.
void guardStandardDescriptors();

// `giveUp` is asked several times a second while standard output takes nothing. After a failure, or when the reader
// has gone, further bytes give the same answer.
[[nodiscard]] Written writeOutput(QByteArrayView bytes, const std::function<bool()> &giveUp = {});

// The end: some file systems refuse only here.
[[nodiscard]] Written closeOutput();

// After Written::failed: a sentence that says why.
QString outputProblem();

// To standard error. Nobody is left to be told when it fails.
void writeError(QByteArrayView bytes);

} // namespace nitroscope::app
