// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/window/screenshot.hpp"

#include "app/core/output/file_writer.hpp"
#include "app/window/main_window.hpp"

#include <QCoreApplication>
#include <QPixmap>
#include <utility>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;
using namespace std::chrono_literals;
namespace {

using State = EnclaveSession::State;

constexpr auto quiet = 2s; // of a console: nobody says that a program has come to where it only waits
constexpr std::chrono::milliseconds limit = 2min;
// Panels gather what they are told before they show it, each for less than this (FrameLimiter, LogPanel).
constexpr auto shown = 200ms;

bool isReading(const CaptureSource *capture) {
    return capture && (capture->state() == CaptureSource::State::reading ||
                       capture->state() == CaptureSource::State::live);
}

} // namespace

Screenshot::Screenshot(ScreenshotRequest request, Expect expect, MainWindow &window, EnclaveSession &session)
    : QObject(&window), m_request(std::move(request)), m_window(window), m_session(session) {
    m_due.setSingleShot(true);
    connect(&m_due, &QTimer::timeout, this, &Screenshot::take);
    if (m_request.after) {
        takeIn(*m_request.after);
        return;
    }
    QTimer::singleShot(limit, this, &Screenshot::take);
    if (expect == Expect::emptyWindow)
        takeIn(shown);
    else
        watch();
}

void Screenshot::watch() {
    connect(&m_window, &MainWindow::contentShown, this, [this] {
        if (m_session.state() == State::idle) // nothing has been started with it
            takeIn(shown);
    });
    connect(&m_session, &EnclaveSession::stateChanged, this, &Screenshot::onState);
    connect(&m_session, &EnclaveSession::ended, this, &Screenshot::onEnd);
    connect(&m_session, &EnclaveSession::bootStage, this, [this](const BootStage &stage) {
        m_handedOff = stage.stage == "handoff"_L1;
        onState(m_session.state());
    });
    connect(&m_session, &EnclaveSession::consoleOutput, this, [this] { onState(m_session.state()); });
    if (CaptureSource *capture = m_session.capture())
        connect(capture, &CaptureSource::stateChanged, this, &Screenshot::onEnd);
}

void Screenshot::onState(State state) {
    if (state == State::paused)
        takeIn(shown);
    else if (state == State::running && m_handedOff)
        takeIn(quiet);
    else
        m_due.stop();
    if (state == State::ended || state == State::failed)
        onEnd();
}

void Screenshot::onEnd() {
    const State state = m_session.state();
    if ((state == State::ended || state == State::failed) && !isReading(m_session.capture()))
        takeIn(shown);
}

void Screenshot::takeIn(std::chrono::milliseconds time) {
    m_due.start(time);
}

void Screenshot::take() {
    m_due.stop();
    if (std::exchange(m_isTaken, true))
        return;
    FileWriter file(m_request.path);
    auto saved = file.start();
    if (saved && m_window.picture().save(&file, "PNG"))
        saved = file.commit();
    else if (saved)
        saved = file.problem();
    emit taken(saved ? QString() : saved.error().text());
    if (m_request.then == ScreenshotRequest::Then::quit) {
        m_window.close();
        QCoreApplication::exit(saved ? 0 : 1);
    }
}

} // namespace nitroscope::app
