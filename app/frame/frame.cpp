// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/frame/frame.hpp"

#include "app/core/output/file_writer.hpp"
#include "app/ui/bars/banner.hpp"
#include "app/ui/dialogs/file_dialogs.hpp"

#include <algorithm>
#include <QFileInfo>
#include <QScopedValueRollback>
#include <QWidget>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;

Frame::Frame(EnclaveSession &session, Preferences &preferences)
    : m_session(session), m_preferences(preferences), m_cursor(m_account, *session.replay()) {
    if (CaptureSource *live = session.capture())
        watch(*live);
    watch(m_saved);
    connect(&session, &EnclaveSession::stateChanged, this, [this](EnclaveSession::State state) {
        // A replay has no stream of its own: its past is in the capture of the recording.
        if (state == EnclaveSession::State::starting && !m_session.replay()->isReplay())
            m_feed.beginRun(m_session.capture());
    });
    // What fails later is in the stream.
    connect(&session, &EnclaveSession::bootFailed, this, [this](const BootFailure &failure) {
        if (failure.stage.isEmpty())
            m_account.refuse(failure);
    });
}

void Frame::watch(CaptureSource &source) {
    m_feed.add(source);
    const auto report = [this, &source] {
        if (&source == capture())
            emit captureChanged();
    };
    connect(&source, &CaptureSource::progressed, this, report);
    connect(&source, &CaptureSource::stateChanged, this, report);
}

void Frame::makeFeatures(const FeatureList &list) {
    for (const auto &make : list) {
        m_features.push_back(make(*this));
        m_features.back()->setParent(&window()); // who looks for a feature looks there
    }
    connect(&m_account, &RunAccount::began, this, [this] {
        for (const auto &feature : m_features)
            feature->begin();
        emit captureChanged();
    });
    connect(&m_account, &RunAccount::taken, this, [this](const RunNews &news) {
        for (const auto &feature : m_features)
            feature->take(news);
    });
    connect(&m_account, &RunAccount::ended, this, [this] {
        for (const auto &feature : m_features)
            feature->end();
    });
}

void Frame::dropFeatures() {
    while (!m_features.empty())
        m_features.pop_back();
}

QString Frame::whyFixed() const {
    return m_session.replay()->isReplay() ? u"This is a recording: what happened cannot be changed."_s
                                          : QString();
}

bool Frame::hasCapturedBytes() const {
    return capture() && capture()->bytes() && capture()->totals().bytes > 0;
}

quint64 Frame::lost(pcapng::Source source) const {
    return capture() ? capture()->totals().lost[static_cast<size_t>(source)] : 0;
}

bool Frame::show(const Place &place, Reveal how) {
    const QScopedValueRollback guard(m_showing, true);
    for (const auto &feature : m_features)
        if (const Panel *panel = feature->show(place)) {
            if (how == Reveal::raise)
                raise(*panel);
            return true;
        }
    return false;
}

void Frame::choose(const Place &place) {
    if (m_showing)
        return;
    for (const auto &feature : m_features)
        feature->follow(place);
}

bool Frame::showFile(const QString &path) {
    return std::any_of(m_features.begin(), m_features.end(),
                       [&](const auto &feature) { return feature->openFile(path); });
}

void Frame::say(LogLevel level, const QString &text) {
    emit said({QDateTime::currentDateTimeUtc(), level, u"window"_s, text});
}

void Frame::saveText(const QString &title, const QString &suggestion, const QByteArray &content) {
    chooseFileToSave(window(), {title, suggestion}, [this, content](const QString &path) {
        if (const auto written = writeFile(path, content))
            showMessage(u"Saved %1"_s.arg(path));
        else
            sayNotSaved(path, written.error().message);
    });
}

void Frame::sayNotSaved(const QString &path, const QString &problem) {
    banner().display(formats::Severity::error, u"“%1” was not saved."_s.arg(QFileInfo(path).fileName()),
                     problem, {});
    say(LogLevel::error, path + u": "_s + problem);
}

} // namespace nitroscope::app
