// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/features/record/recording_navigator.hpp"

#include <utility>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;

RecordingNavigator::RecordingNavigator(ReplayControl &replay, QObject *parent)
    : QObject(parent), m_replay(replay) {
    m_save.setSingleShot(true);
    m_save.setInterval(saveMs);
    connect(&m_save, &QTimer::timeout, this, &RecordingNavigator::save);
    connect(&replay, &ReplayControl::changed, this, &RecordingNavigator::changed);
    connect(&replay, &ReplayControl::reached, this, [this](quint64 instruction) {
        if (std::exchange(m_wanted, std::nullopt) != instruction)
            return;
        m_places.history.visit(instruction);
        m_isSaved = false;
        m_save.start();
        emit changed();
    });
    connect(&replay, &ReplayControl::seekCancelled, this, [this] { m_wanted.reset(); });
}

RecordingNavigator::~RecordingNavigator() {
    save();
}

void RecordingNavigator::open(const Recording &recording) {
    close();
    m_recording = recording;
    const auto places = loadPlaces(recording.files.places());
    m_isWritable = places.has_value();
    m_places = places.value_or(RecordingPlaces{});
    if (!places)
        emit problem(places.error());
    emit changed();
}

void RecordingNavigator::close() {
    save();
    m_recording.reset();
    m_places = {};
    m_wanted.reset();
    emit changed();
}

void RecordingNavigator::goTo(quint64 instruction) {
    if (!canMove())
        return;
    if (const auto here = m_replay.instruction(); here && !m_replay.isSeeking())
        m_places.history.visit(*here);
    m_wanted = std::min(instruction, *m_replay.end());
    m_replay.seek(*m_wanted);
}

void RecordingNavigator::back() {
    if (!canGoBack())
        return;
    m_wanted.reset();
    m_replay.seek(*m_places.history.back());
    emit changed();
}

void RecordingNavigator::forward() {
    if (!canGoForward())
        return;
    m_wanted.reset();
    m_replay.seek(*m_places.history.forward());
    emit changed();
}

Result<void> RecordingNavigator::keepHere(const QString &name, const QString &note) {
    if (!m_replay.isReplay() || !m_replay.instruction())
        return failure(u"no-place"_s, u"A place can be kept while a recording is open."_s);
    auto kept = m_places.keep({*m_replay.instruction(), name.trimmed(), note});
    if (kept)
        changePlaces();
    return kept;
}

void RecordingNavigator::forget(const QString &name) {
    m_places.forget(name);
    changePlaces();
}

void RecordingNavigator::changePlaces() {
    m_isSaved = false;
    save();
    emit changed();
}

void RecordingNavigator::save() {
    m_save.stop();
    if (!m_recording || !m_isWritable || std::exchange(m_isSaved, true))
        return;
    if (const auto saved = savePlaces(m_recording->files.places(), m_places); !saved)
        emit problem(saved.error());
}

} // namespace nitroscope::app
