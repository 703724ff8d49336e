// SPDX-License-Identifier: GPL-2.0-or-later
//
// A capture file as a source. Loading runs in the background, with progress; the first records are there at
// once.
#pragma once

#include "app/session/capture/capture_reading.hpp"

namespace nitroscope::app {

class SavedCapture : public CaptureReading {
    Q_OBJECT
public:
    using CaptureReading::CaptureReading;

    // Reports of an earlier file never arrive after restarted().
    void open(const QString &path);
    QString path() const override { return m_path; }

private:
    QString m_path;
};

} // namespace nitroscope::app
