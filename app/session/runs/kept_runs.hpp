// SPDX-License-Identifier: GPL-2.0-or-later
//
// The captures of earlier runs, so that none is lost because the next one began: a pcapng file for each, and beside it a
// file of JSON that says of which image it is, when it ran and how it ended.
//
//   FOLDER/20261201-103000-123.pcapng   0600: what an enclave said may be secret
//   FOLDER/20261201-103000-123.json     written last: without it there is no run
//
// Bounded by size, age and number; the oldest go first.
#pragma once

#include "app/session/capture/capture_bytes.hpp"

#include <QDateTime>
#include <QVector>

namespace nitroscope::app {

struct KeptRun {
    QString capture;          // absolute path
    QString image;            // absolute path of the EIF
    QDateTime started, ended; // UTC
    quint64 bytes = 0;        // of the capture
    bool debugMode = false;
    bool failed = false;
    QString end; // how it ended, in a sentence
};

struct KeptRunLimits {
    quint64 maxBytes = quint64{2} << 30; // of all captures
    int maxDays = 30;
    int maxRuns = 200;
};

class KeptRuns {
public:
    static constexpr qint64 maxFacts = 64 * 1024; // bytes of a file of JSON
    static constexpr qsizetype maxText = 4096;    // characters of a text in it

    explicit KeptRuns(QString folder) : m_folder(std::move(folder)) {}
    const QString &folder() const { return m_folder; }

    // Writes both files; may take long. `facts.capture` and `facts.bytes` are set here. Errors: those of the writer,
    // runs-folder.
    Result<KeptRun> keep(const CaptureBytes &bytes, quint64 size, KeptRun facts) const;
    // The latest first. What is no run is passed over.
    QVector<KeptRun> list() const;
    void remove(const KeptRun &run) const;
    // Removes what the limits leave no room for.
    void prune(const KeptRunLimits &limits, const QDateTime &now) const;

private:
    QString m_folder;
};

} // namespace nitroscope::app
