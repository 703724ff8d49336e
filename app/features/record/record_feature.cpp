// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/features/record/record_feature.hpp"

#include "app/core/output/visible_text.hpp"
#include "app/features/record/recording_panel.hpp"
#include "app/frame/frame.hpp"
#include "app/frame/run_control.hpp"
#include "app/ui/bars/banner.hpp"
#include "app/ui/dialogs/file_dialogs.hpp"

#include <QFileInfo>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;
using formats::Severity;

RecordFeature::RecordFeature(Frame &frame) : Feature(frame), m_navigator(*frame.session().replay()) {
    registerFiles();
    registerMoves();
    registerPlaces();
    const ActionRegistry &actions = frame.actions();
    m_panel = new RecordingPanel(
        m_navigator, actions.list({"record.keep", "record.forget", "-", "record.back", "record.forward"}),
        actions.find(u"record.open"_s));
    EnclaveSession &session = frame.session();
    connect(&session, &EnclaveSession::stateChanged, this, &RecordFeature::takeState);
    connect(&m_navigator, &RecordingNavigator::changed, this, &RecordFeature::updateActions);
    connect(&m_navigator, &RecordingNavigator::problem, this,
            [this](const Error &error) { say(u"Bookmarks and history are not kept."_s, error); });
    connect(&frame.cursor(), &TimeCursor::moved, this, [this] {
        m_panel->setMoment(this->frame().now());
        updateActions();
    });
    const ReplayControl *replay = session.replay();
    connect(replay, &ReplayControl::diverged, this, &RecordFeature::tellDivergence);
    connect(replay, &ReplayControl::seekFailed, this,
            [this](const Error &error) { say(u"The place was not reached."_s, error); });
    connect(replay, &ReplayControl::ended, this,
            [this](quint64) { this->frame().showMessage(u"This is the end of the recording."_s); });
    updateActions();
}

std::vector<PanelEntry> RecordFeature::panels() {
    return {{m_panel,
             u"&Recording"_s,
             QKeySequence(u"Ctrl+Y, Y"_s),
             {Quarter::leftBottom, Tab::hidden}, // until a recording is opened
             {Quarter::leftBottom, Tab::hidden}}};
}

std::vector<MenuEntry> RecordFeature::actions() {
    const ActionRegistry &actions = frame().actions();
    return {{MenuPlace::open, actions.list({"record.open"})},
            {MenuPlace::options, actions.list({"record.run"})},
            {MenuPlace::enclave,
             actions.list({"record.goThere", "record.goTo", "-", "record.back", "record.forward", "-",
                           "record.previous", "record.next", "record.start", "record.end", "record.cancel",
                           "-", "record.keep", "record.forget"}),
             u"Time Tra&vel"_s}};
}

void RecordFeature::add(const char *id, const QString &text, const char *keys, const QString &help,
                        std::function<void()> effect) {
    frame().actions().add({QLatin1String(id), text, QKeySequence(QLatin1String(keys)), {}, help},
                          std::move(effect));
}

void RecordFeature::registerFiles() {
    add("record.open", u"Open &Recording…"_s, "Ctrl+Y, O",
        u"Open a recorded run: every panel shows how things stood at any moment of it"_s,
        [this] { chooseRecording(); });
    add("record.run", u"Run and Re&cord…"_s, "Ctrl+Y, R",
        u"Start the enclave and record its life, to go to any instruction of it later"_s,
        [this] { runAndRecord(); });
}

void RecordFeature::say(const QString &message, const Error &error) {
    frame().banner().display(Severity::warning, message, visibleText(error.text()), {});
}

void RecordFeature::chooseRecording() {
    chooseFolder(frame().window(), u"Open Recording"_s, [this](const QString &path) { openRecording(path); });
}

// A folder, dropped on the window or named on its command line.
bool RecordFeature::openFile(const QString &path) {
    if (!QFileInfo(path).isDir())
        return false;
    openRecording(path);
    return true;
}

void RecordFeature::openRecording(const QString &path) {
    auto recording = app::openRecording(path);
    if (!recording) {
        frame().banner().display(Severity::error, u"The recording was not opened."_s,
                                 visibleText(recording.error().text()), {});
        return;
    }
    RunControl &runs = frame().runs();
    if (runs.isBusy())
        runs.stopThen([this, recording = *recording] { start(recording); });
    else
        start(*recording);
}

// What happened is in the capture, the EIF is the recording's own, and the machine that stands at any of its instructions is
// under the debugger.
void RecordFeature::start(const Recording &recording) {
    m_navigator.open(recording);
    frame().savedCapture().open(recording.files.capture());
    frame().image().load(recording.files.image());
    LaunchSpec spec = replaySpec(recording);
    spec.qemuPath = frame().runs().options().qemuPath;
    spec.debugger = true;
    frame().runs().start(spec);
    frame().raise(*m_panel);
}

void RecordFeature::runAndRecord() {
    if (!frame().image().document()) {
        frame().showMessage(u"Open an EIF first."_s);
        return;
    }
    const QString name = QFileInfo(frame().image().document()->path()).completeBaseName() + u".nitrorec"_s;
    chooseFileToSave(frame().window(), {u"Run and Record"_s, name}, [this](const QString &path) {
        LaunchSpec spec = frame().runs().options();
        spec.eifPath = frame().image().document()->path();
        spec.recordingPath = path;
        spec.debugger = false;
        frame().runs().start(spec);
    });
}

void RecordFeature::takeState(EnclaveSession::State state) {
    if (state == EnclaveSession::State::starting && !m_navigator.replay().isReplay())
        m_navigator.close();
    updateActions();
}

void RecordFeature::tellDivergence(const ReplayDivergence &divergence) {
    frame().banner().display(
        Severity::error, u"The replay left the recording at instruction %1."_s.arg(divergence.instruction),
        visibleText(
            u"%1 was %2, and is %3. What the machine shows after that instruction did not happen; go to a place "
            "before it."_s.arg(divergence.what, divergence.expected, divergence.found)),
        {});
}

void RecordFeature::begin() {
    m_chosen.reset();
    updateActions();
}

void RecordFeature::follow(const Place &place) {
    if (std::holds_alternative<place::Code>(place) || std::holds_alternative<place::Document>(place))
        return; // they are no moments
    m_chosen = place;
    updateActions();
}

void RecordFeature::updateActions() {
    const bool canMove = m_navigator.canMove();
    const QString whyNot = m_navigator.recording() ? u"The recording's machine is not there yet."_s
                                                   : u"Open a recording first."_s;
    ActionRegistry &actions = frame().actions();
    actions.allow(u"record.run"_s, !frame().runs().isBusy(), u"An enclave runs; stop it first."_s);
    for (const char *id : {"record.goTo", "record.previous", "record.next", "record.start", "record.end",
                           "record.keep", "record.forget"})
        actions.allow(QLatin1String(id), canMove, whyNot);
    actions.allow(u"record.goThere"_s, canMove && m_chosen,
                  canMove ? u"Choose an event or a row first."_s : whyNot);
    actions.allow(u"record.back"_s, m_navigator.canGoBack(),
                  canMove ? u"No place was visited before."_s : whyNot);
    actions.allow(u"record.forward"_s, m_navigator.canGoForward(),
                  canMove ? u"No place is ahead."_s : whyNot);
    actions.allow(u"record.cancel"_s, m_navigator.replay().isSeeking(), u"Nothing is being sought."_s);
}

} // namespace nitroscope::app
