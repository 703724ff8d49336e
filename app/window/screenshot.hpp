// SPDX-License-Identifier: GPL-2.0-or-later
//
// --screenshot: waits until there is something to see, renders the window into a PNG file, says whether that
// worked.
#pragma once

#include <chrono>
#include <optional>
#include <QElapsedTimer>
#include <QObject>
#include <QString>
#include <QTimer>

namespace nitroscope::app {

class EnclaveSession;
class MainWindow;

struct ScreenshotRequest {
    QString path;
    // Nothing = "ready": the enclave has ended, or its console has been quiet for two seconds after the
    // kernel took over; or, without an enclave, the EIF is shown and measured. At most two minutes.
    std::optional<std::chrono::milliseconds> after;
    enum class Then { keepRunning, quit } then = Then::keepRunning;
};

class Screenshot : public QObject {
    Q_OBJECT
public:
    enum class Expect { window, run }; // whether a run is going to be started
    Screenshot(ScreenshotRequest request, Expect expect, MainWindow &window, EnclaveSession &session);

signals:
    // `problem` is empty when the file was written.
    void taken(const QString &problem);

private:
    void look();
    void take();
    bool isReady() const;

    ScreenshotRequest m_request;
    Expect m_expect;
    MainWindow &m_window;
    QTimer m_poll;
    QElapsedTimer m_sinceStart;
    QElapsedTimer m_sinceOutput;
    bool m_opened = false;
    bool m_handedOff = false;
    bool m_ended = false;
};

} // namespace nitroscope::app
