// SPDX-License-Identifier: GPL-2.0-or-later
//
// Saving and recording the capture stream, and what the window says of streams that are broken or end.
#pragma once

#include "app/session/capture/capture_source.hpp"

namespace nitroscope::app {

class Frame;

class CaptureCommands : public QObject {
    Q_OBJECT
public:
    // Registers the commands.
    explicit CaptureCommands(Frame &frame);

private:
    void registerCommands();
    void watch(CaptureSource &source);
    void takeState(const CaptureSource &source, CaptureSource::State state);
    void takeRecording(bool on, const QString &problem);
    void updateActions();
    void save();
    void saveTo(const QString &path);
    void record();

    Frame &m_frame;
};

} // namespace nitroscope::app
