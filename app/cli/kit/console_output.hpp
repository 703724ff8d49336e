// SPDX-License-Identifier: GPL-2.0-or-later
//
// Bytes to standard output and lines to standard error, safely: a reader that goes away is an answer, not a
// SIGPIPE; a reader that is slow holds the guest's console back; one that has stopped reading does not keep
// Ctrl-C or a timeout from working.
#pragma once

#include <functional>
#include <QByteArray>
#include <QString>

namespace nitroscope::cli {

enum class Written { all, readerGone, givenUp };

// `giveUp` is asked several times a second while standard output takes nothing.
Written writeOutput(const QByteArray &bytes, const std::function<bool()> &giveUp = {});

// "nitroscope-cli: text" on standard error.
void say(const QString &text);
// The same without our name: for lines that nitro-cli prints and scripts may look for.
void sayPlain(const QString &text);

} // namespace nitroscope::cli
