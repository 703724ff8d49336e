// SPDX-License-Identifier: GPL-2.0-or-later
//
// The right end of the status bar: the capture, the state of the run, how far the boot is, the open EIF.
#pragma once

#include "app/session/run/enclave_session.hpp"

#include <QObject>

class QLabel;
class QProgressBar;
class QStatusBar;
class QToolButton;

namespace nitroscope::app {

class Frame;
struct RunNews;

class StatusLine : public QObject {
    Q_OBJECT
public:
    StatusLine(Frame &frame, QStatusBar &bar);

private:
    void build(QStatusBar &bar);
    void showState(EnclaveSession::State state);
    void showImage();
    void beginRun();
    void takeNews(const RunNews &news);
    void showCapture();
    QString captureText() const;
    QString lossesText() const;

    Frame &m_frame;
    QProgressBar *m_progress;
    QToolButton *m_cancel;
    QLabel *m_capture;
    QLabel *m_state;
    QLabel *m_time;
    QLabel *m_file;
};

} // namespace nitroscope::app
