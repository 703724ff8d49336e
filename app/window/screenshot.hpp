// SPDX-License-Identifier: GPL-2.0-or-later
//
// --screenshot: waits until window and session say that what was asked for is there to be seen, renders the window
// into a PNG file, says whether that worked.
#pragma once

#include "app/session/run/enclave_session.hpp"

#include <chrono>
#include <optional>
#include <QObject>
#include <QString>
#include <QTimer>

namespace nitroscope::app {

class MainWindow;

struct ScreenshotRequest {
    QString path;
    // Nothing = "ready". Of a run: it has ended and all that it sent has been read, it stands still (at a break, or
    // for the debugger), or its console has been quiet for two seconds after the kernel took over. Of a file: the EIF
    // is measured, the capture read to its end, the document shown. At most two minutes.
    std::optional<std::chrono::milliseconds> after;
    enum class Then { keepRunning, quit } then = Then::keepRunning;
};

class Screenshot : public QObject {
    Q_OBJECT
public:
    enum class Expect { emptyWindow, content }; // whether something is going to be opened or started
    Screenshot(ScreenshotRequest request, Expect expect, MainWindow &window, EnclaveSession &session);

signals:
    // `problem` is empty when the file was written.
    void taken(const QString &problem);

private:
    void watch();
    void onState(EnclaveSession::State state);
    void onEnd();
    // The picture is taken when nothing of this kind has come for so long.
    void takeIn(std::chrono::milliseconds time);
    void take();

    ScreenshotRequest m_request;
    MainWindow &m_window;
    EnclaveSession &m_session;
    QTimer m_due;
    bool m_handedOff = false, m_isTaken = false;
};

} // namespace nitroscope::app
