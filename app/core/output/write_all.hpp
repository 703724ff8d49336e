// SPDX-License-Identifier: GPL-2.0-or-later
//
// The bottom of everything that the app writes: all bytes or the system's reason. Short writes, signals and
// descriptors that do not wait are dealt with here and nowhere else.
#pragma once

#include <QByteArrayView>
#include <QString>

namespace nitroscope::app {

// As open(2) with O_WRONLY, but that a named pipe which nobody reads is not waited for without end: a reader must come within
// a few seconds. -1 and errno, which is ENXIO for such a pipe.
[[nodiscard]] int openToWrite(const char *name, int flags, unsigned mode = 0);

// 0 when everything was written, else the number of the system's error (errno). Waits where the descriptor does not.
[[nodiscard]] int writeAll(int descriptor, QByteArrayView bytes);

// Makes sure that it is on disk; what has no disk behind it (pipes, devices) is fine. 0 or errno.
[[nodiscard]] int syncFile(int descriptor);

// The system's words for an error's number: "No space left on device". ENXIO is said as what it means for a pipe.
QString systemText(int error);

// A file that grows past the limit of its process (RLIMIT_FSIZE) is a failed write, not the end of the program; the
// same for a pipe that nobody reads. For main(); programs that are started inherit it.
void takeWriteErrorsAsErrors();

} // namespace nitroscope::app
