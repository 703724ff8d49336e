// SPDX-License-Identifier: GPL-2.0-or-later
//
// Files that are read from their beginning, whatever lies behind their names: a document, a certificate, a configuration,
// a recording; from the disk, from a pipe (<(command), /dev/stdin), from a device.
//
// A named pipe that nobody writes to would be waited for without end, so its writer must come within a few seconds. From
// then on it may take its time, as every program that reads a pipe allows. Until the first byte this blocks: it is for
// command lines and workers, not for a thread with a window.
#pragma once

#include "app/core/result.hpp"

#include <chrono>
#include <QFile>

namespace nitroscope::app {

inline constexpr std::chrono::milliseconds maxWriterPatience{3'000};

// Opens `file`, which has no name then, without a buffer of its own. Error "input", with the path as context: what the
// system says, a folder, a pipe without a writer, a signal while waiting for one.
Result<void> openInput(QFile &file, const QString &path,
                       std::chrono::milliseconds patience = maxWriterPatience);

// All of it, and one byte more than `maxBytes` when there is more, so that a device without an end has one.
Result<QByteArray> readInput(const QString &path, qsizetype maxBytes);
// The same of a file that is open.
Result<QByteArray> readInput(QFile &file, const QString &path, qsizetype maxBytes);

} // namespace nitroscope::app
