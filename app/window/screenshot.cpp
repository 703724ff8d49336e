// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/window/screenshot.hpp"

#include "app/core/output/file_writer.hpp"
#include "app/session/run/enclave_session.hpp"
#include "app/window/main_window.hpp"

#include <QCoreApplication>
#include <QPixmap>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;
namespace {

constexpr qint64 quietMs = 2000;
constexpr qint64 limitMs = 120'000;

} // namespace

Screenshot::Screenshot(ScreenshotRequest request, Expect expect, MainWindow &window, EnclaveSession &session)
    : QObject(&window), m_request(std::move(request)), m_expect(expect), m_window(window) {
    m_sinceStart.start();
    m_sinceOutput.start();
    connect(&session, &EnclaveSession::consoleOutput, this, [this] { m_sinceOutput.restart(); });
    connect(&session, &EnclaveSession::bootStage, this, [this](const BootStage &stage) {
        m_handedOff = stage.stage == u"handoff"_s;
        m_sinceOutput.restart();
    });
    connect(&session, &EnclaveSession::ended, this, [this] {
        m_ended = true;
        m_sinceOutput.restart();
    });
    connect(&window, &MainWindow::openingFinished, this, [this](bool opened) {
        m_opened = true;
        m_ended = m_ended || !opened; // nothing more is going to happen
        m_sinceOutput.restart();
    });
    m_poll.setInterval(50);
    connect(&m_poll, &QTimer::timeout, this, &Screenshot::look);
    m_poll.start();
}

bool Screenshot::isReady() const {
    if (m_request.after)
        return m_sinceStart.elapsed() >= m_request.after->count();
    if (m_sinceStart.elapsed() > limitMs)
        return true;
    if (m_ended || (m_expect == Expect::window && m_opened))
        return m_sinceOutput.elapsed() > 500; // let the panels catch up
    return m_handedOff && m_sinceOutput.elapsed() > quietMs;
}

void Screenshot::look() {
    if (!isReady())
        return;
    m_poll.stop();
    take();
}

void Screenshot::take() {
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
