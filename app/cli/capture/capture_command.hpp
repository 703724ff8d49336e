// SPDX-License-Identifier: GPL-2.0-or-later
//
// `capture show FILE`: the records of a capture stream as lines of text or JSON.
#pragma once

#include <functional>
#include <QByteArray>
#include <QString>

namespace nitroscope::cli {

struct ShowCaptureOptions {
    enum class Format { text, json };

    QString path;   // "-" is standard input
    QString filter; // RecordFilter's language; empty = everything
    Format format = Format::text;
};

// Where lines go: `print` gives 0, or the exit code with which to stop.
struct CaptureOutput {
    std::function<int(const QByteArray &line)> print;
    std::function<void(const QString &problem)> say;
};

// Writes one line per record as it is read, so that it also works on a pipe that is still being written. The exit code:
// 0, what `print` gave, or 1 when the filter is wrong, the file cannot be read or its reading stopped early.
int showCapture(const ShowCaptureOptions &options, const CaptureOutput &output);

struct ExportCaptureOptions {
    QString path;    // as above
    QString tcpPath; // to be written
    ShowCaptureOptions::Format format =
        ShowCaptureOptions::Format::text; // of what is said on standard output; as text nothing
};
// Writes the vsock flows of the stream as TCP connections. Exit code as above.
int exportCapture(const ExportCaptureOptions &options, const CaptureOutput &output);

} // namespace nitroscope::cli
