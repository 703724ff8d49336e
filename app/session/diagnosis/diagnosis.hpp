// SPDX-License-Identifier: GPL-2.0-or-later
//
// Why an enclave ended, or does not go on: what its console said, held against what lint finds in its image and against
// the memory that it was given. Each cause names what it stands on. The table of what is recognised is in
// console_symptoms.cpp and docs/diagnosis.md.
#pragma once

#include "app/formats/lint/lint_finding.hpp"

#include "app/core/result.hpp"

#include <optional>
#include <QByteArray>
#include <QString>
#include <QVector>
#include <stop_token>

namespace nitroscope::app {

struct RunStory {
    QByteArray console;    // what COM1 said: all of it, or its end
    quint64 memoryMiB = 0; // that the enclave had; 0 = not known
    bool isWholeConsole = true;

    // Of what comes, at most this is kept, the end of it.
    static constexpr qsizetype maxConsole = 4 * 1024 * 1024; // bytes
    void addConsole(QByteArrayView bytes);
};

struct ImageStory {
    formats::LintFindings findings;
    quint64 leastMemory = 0; // bytes below which the ramdisks cannot be unpacked; 0 = not known
};

// Reads and judges the whole image: for workers. Errors: those of EifDocument::open() and lintEif().
Result<ImageStory> readImageStory(const QString &eifPath, const std::stop_token &stop = {});

// What a cause stands on: a line of the console, or a finding of lint.
struct Ground {
    QString where;                 // "console, line 12", "image, /bin/app"
    QString text;                  // the line, the finding's reason
    QString rule;                  // of lint; empty for a line
    std::optional<quint64> offset; // bytes from the start of the console or of the EIF
};

struct Cause {
    QString code; // "library-missing"; stable
    QString sentence;
    QString advice;
    QVector<Ground> grounds;
};

// The likeliest first; empty when nothing that is known explains it. `image` may be null. Linear in the console's length.
QVector<Cause> diagnose(const RunStory &run, const ImageStory *image);

} // namespace nitroscope::app
