// SPDX-License-Identifier: GPL-2.0-or-later
//
// `capture show FILE`: the records of a capture stream as lines of text or JSON.
#pragma once

#include <QString>
#include <QTextStream>

namespace nitroscope::cli {

struct ShowCaptureOptions {
    enum class Format { text, json };

    QString path;   // "-" is standard input
    QString filter; // RecordFilter's language; empty = everything
    Format format = Format::text;
};

// Writes one line per record as it is read, so that it also works on a pipe that is still being written;
// problems of the stream go to `err`. The exit code: 0, or 1 when the filter is wrong, the file cannot be
// read or its reading stopped early.
struct ExportCaptureOptions {
    QString path;    // as above
    QString tcpPath; // to be written
    ShowCaptureOptions::Format format =
        ShowCaptureOptions::Format::text; // of what is said on standard output; as text nothing
};
// Writes the vsock flows of the stream as TCP connections. Exit code as above.
int exportCapture(const ExportCaptureOptions &options, QTextStream &err);

int showCapture(const ShowCaptureOptions &options, QTextStream &out, QTextStream &err);

} // namespace nitroscope::cli
