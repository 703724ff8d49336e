// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/features/runs/run_keeper.hpp"

#include "app/core/worker.hpp"
#include "app/frame/frame.hpp"
#include "app/frame/run_control.hpp"
#include "app/session/run/end_reason.hpp"

#include <algorithm>
#include <QSettings>
#include <QStandardPaths>
#include <utility>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;
using State = EnclaveSession::State;

namespace {

// Beside preferences that are not in their usual place, too.
QString runsFolder(const QString &preferences) {
    const bool isUsual = preferences == QStandardPaths::writableLocation(QStandardPaths::AppConfigLocation);
    return (isUsual ? QStandardPaths::writableLocation(QStandardPaths::AppDataLocation) : preferences) +
           u"/runs"_s;
}

constexpr quint64 mebibyte = 1 << 20;

} // namespace

RunKeeper::RunKeeper(Frame &frame) : m_frame(frame), m_runs(runsFolder(frame.preferences().folder())) {
    EnclaveSession &session = frame.session();
    connect(&session, &EnclaveSession::stateChanged, this, [this](State state) {
        if (state == State::starting)
            begin();
    });
    connect(&session, &EnclaveSession::ended, this, [this](const EndReason &reason) {
        if (!m_run)
            return;
        m_run->ended = QDateTime::currentDateTimeUtc();
        m_run->end = reason.message;
        m_run->failed = isFailure(reason.kind);
        m_hasEnded = true;
        keepWhenOver();
    });
    if (CaptureSource *live = session.capture())
        connect(live, &CaptureSource::stateChanged, this, &RunKeeper::keepWhenOver);
}

// A replay's past is in the capture of its recording already.
void RunKeeper::begin() {
    m_hasEnded = false;
    m_run.reset();
    if (!isOn() || m_frame.session().replay()->isReplay() || m_frame.runs().spec().replays)
        return;
    m_run.emplace();
    m_run->image = m_frame.runs().spec().eifPath;
    m_run->debugMode = m_frame.runs().spec().debugMode;
    m_run->started = QDateTime::currentDateTimeUtc();
}

void RunKeeper::keepWhenOver() {
    const CaptureSource *live = m_frame.session().capture();
    if (!m_run || !m_hasEnded || !live || live->state() == CaptureSource::State::live || !live->bytes() ||
        live->totals().bytes == 0)
        return;
    const KeptRun facts = *std::exchange(m_run, std::nullopt);
    if (live->totals().bytes > limits().maxBytes) {
        m_frame.say(LogLevel::warning,
                    u"The capture of the run is larger than all that may be kept, and was not kept: "
                    "see Earlier Runs, Kept Runs…"_s);
        return;
    }
    runInWorker(
        this,
        [runs = m_runs, facts, limits = limits(), bytes = live->bytes(), size = live->totals().bytes] {
            auto kept = runs.keep(*bytes, size, facts);
            runs.prune(limits, facts.ended);
            return kept;
        },
        [this](const Result<KeptRun> &kept) {
            if (!kept)
                m_frame.say(LogLevel::warning,
                            u"The capture of the run was not kept: "_s + kept.error().text());
            emit changed();
        });
}

QString RunKeeper::settingsFile() const {
    return m_frame.preferences().folder() + u"/runs.ini"_s;
}

bool RunKeeper::isOn() const {
    return QSettings(settingsFile(), QSettings::IniFormat).value(u"keep"_s, true).toBool();
}

// Values read back are checked, because the file may have been edited.
KeptRunLimits RunKeeper::limits() const {
    const QSettings settings(settingsFile(), QSettings::IniFormat);
    KeptRunLimits limits;
    limits.maxBytes =
        std::clamp<quint64>(settings.value(u"max-mib"_s, limits.maxBytes / mebibyte).toULongLong(), 1,
                            quint64{1} << 24) *
        mebibyte;
    limits.maxDays = std::clamp(settings.value(u"max-days"_s, limits.maxDays).toInt(), 1, 3650);
    return limits;
}

void RunKeeper::setUp(bool on, const KeptRunLimits &limits) {
    QSettings settings(settingsFile(), QSettings::IniFormat);
    settings.setValue(u"keep"_s, on);
    settings.setValue(u"max-mib"_s, limits.maxBytes / mebibyte);
    settings.setValue(u"max-days"_s, limits.maxDays);
    m_runs.prune(limits, QDateTime::currentDateTimeUtc());
    emit changed();
}

} // namespace nitroscope::app
