// SPDX-License-Identifier: GPL-2.0-or-later
//
// Keeps the capture of every run of the session once it is over: its stream has come to its end, and how the enclave
// ended is known. The copy is made on a worker; it is finished also when the window is closed meanwhile.
#pragma once

#include "app/session/runs/kept_runs.hpp"

#include <optional>
#include <QObject>

namespace nitroscope::app {

class Frame;

class RunKeeper : public QObject {
    Q_OBJECT
public:
    explicit RunKeeper(Frame &frame);

    const KeptRuns &runs() const { return m_runs; }
    // Remembered between runs of the program, in a file beside the captures.
    bool isOn() const;
    KeptRunLimits limits() const;
    void setUp(bool on, const KeptRunLimits &limits);

signals:
    void changed(); // there is one more, or fewer

private:
    void begin();
    void keepWhenOver();
    QString settingsFile() const;

    Frame &m_frame;
    KeptRuns m_runs;
    std::optional<KeptRun> m_run; // the one that goes on or has just ended
    bool m_hasEnded = false;
};

} // namespace nitroscope::app
