// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/window/capture_commands.hpp"

#include "app/core/worker.hpp"
#include "app/frame/frame.hpp"
#include "app/session/capture/live_capture.hpp"
#include "app/session/capture/save_capture.hpp"
#include "app/ui/bars/banner.hpp"
#include "app/ui/dialogs/file_dialogs.hpp"

#include <QPointer>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;
using formats::Severity;
using State = CaptureSource::State;

namespace {

const QString captureFilter = u"Captures (*.pcapng)"_s;

} // namespace

CaptureCommands::CaptureCommands(Frame &frame) : m_frame(frame) {
    registerCommands();
    if (CaptureSource *live = frame.session().capture())
        watch(*live);
    watch(frame.savedCapture());
    connect(&frame.savedCapture(), &CaptureSource::failed, this, [this](const Error &error) {
        m_frame.banner().display(Severity::error, u"The capture could not be opened."_s, error.text(),
                                 {m_frame.action("file.openCapture"), m_frame.action("edit.copyDetails")});
        m_frame.say(LogLevel::error, error.text());
    });
    connect(&frame.account(), &RunAccount::began, this, [this] {
        if (m_frame.showsSavedCapture())
            m_frame.banner().dismiss();
    });
    connect(&frame, &Frame::captureChanged, this, &CaptureCommands::updateActions);
    updateActions();
}

void CaptureCommands::registerCommands() {
    using K = QKeySequence;
    ActionRegistry &actions = m_frame.actions();
    actions.add({u"file.cancelCapture"_s, u"Stop &Loading the Capture"_s, K(u"Shift+Esc"_s), u"stop"_s,
                 u"Stop loading; what has been read stays"_s},
                [this] { m_frame.savedCapture().cancel(); });
    actions.add({u"file.saveCapture"_s, u"Save Capture &As…"_s, K(u"Ctrl+Shift+S"_s), u"save"_s,
                 u"Save what has been captured so far as pcapng, which Wireshark opens as well"_s},
                [this] { save(); });
    actions
        .add({u"file.recordCapture"_s,
              u"&Record Capture to File…"_s,
              K(u"Ctrl+Alt+R"_s),
              {},
              u"Write the capture stream to a file while the enclave runs; again to stop"_s},
             [this] { record(); })
        ->setCheckable(true);
}

void CaptureCommands::watch(CaptureSource &source) {
    connect(&source, &CaptureSource::stateChanged, this, [this, &source](State state) {
        if (&source == m_frame.capture())
            takeState(source, state);
    });
    connect(&source, &CaptureSource::recordingChanged, this, &CaptureCommands::takeRecording);
}

void CaptureCommands::takeState(const CaptureSource &source, State state) {
    const QStringList &findings = source.totals().findings;
    if (state == State::complete || state == State::cancelled || state == State::failed)
        for (const QString &finding : findings)
            m_frame.say(LogLevel::warning, u"Capture: "_s + finding);
    if (state == State::complete && m_frame.showsSavedCapture() && !findings.isEmpty())
        m_frame.banner().display(Severity::warning, u"The capture is damaged or cut short."_s,
                                 findings.first() + u" Everything before it is shown."_s,
                                 {m_frame.action("edit.copyDetails")});
}

void CaptureCommands::takeRecording(bool on, const QString &problem) {
    QAction *action = m_frame.action("file.recordCapture");
    action->setChecked(on);
    if (problem.isEmpty()) {
        m_frame.say(LogLevel::info, on ? u"The capture is being recorded."_s : u"The recording has ended."_s);
    } else {
        m_frame.banner().display(Severity::error, u"The recording has stopped."_s, problem, {action});
        m_frame.say(LogLevel::error, u"The recording has stopped: "_s + problem);
    }
}

void CaptureCommands::updateActions() {
    m_frame.action("file.cancelCapture")->setEnabled(m_frame.savedCapture().state() == State::reading);
    m_frame.action("file.saveCapture")->setEnabled(m_frame.hasCapturedBytes());
    m_frame.action("file.recordCapture")
        ->setEnabled(m_frame.showsSession() && m_frame.capture()->state() == State::live);
}

void CaptureCommands::save() {
    if (m_frame.hasCapturedBytes())
        chooseFileToSave(m_frame.window(),
                         {u"Save Capture"_s, u"enclave.pcapng"_s, u"pcapng"_s, captureFilter},
                         [this](const QString &path) { saveTo(path); });
}

void CaptureCommands::saveTo(const QString &path) {
    if (!m_frame.hasCapturedBytes())
        return;
    const CaptureSource &capture = *m_frame.capture();
    runInWorker(
        this,
        [path, bytes = capture.bytes(), size = capture.totals().bytes] {
            return saveCapture(*bytes, size, path);
        },
        [this, path](const Result<void> &saved) {
            if (saved)
                m_frame.showMessage(u"Saved %1"_s.arg(path));
            else
                m_frame.sayNotSaved(path, saved.error().message);
        });
}

void CaptureCommands::record() {
    auto *live = qobject_cast<LiveCapture *>(m_frame.session().capture());
    m_frame.action("file.recordCapture")->setChecked(false); // until it really records
    if (!live)
        return;
    if (live->isRecording()) {
        live->record({});
        return;
    }
    chooseFileToSave(m_frame.window(), {u"Record Capture"_s, u"enclave.pcapng"_s, u"pcapng"_s, captureFilter},
                     [live = QPointer(live)](const QString &path) {
                         if (live)
                             live->record(path);
                     });
}

} // namespace nitroscope::app
