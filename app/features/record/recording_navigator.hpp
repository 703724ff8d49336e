// SPDX-License-Identifier: GPL-2.0-or-later
//
// Moving in the open recording: where one was and can go back to, which places are kept, and the file in the recording that
// remembers both. No widget; the machine is asked through ReplayControl.
#pragma once

#include "app/session/record/places_file.hpp"
#include "app/session/record/recording.hpp"
#include "app/session/record/replay_control.hpp"

#include <QObject>
#include <QTimer>

namespace nitroscope::app {

class RecordingNavigator : public QObject {
    Q_OBJECT
public:
    static constexpr int saveMs = 1000; // after the last move; bookmarks are saved at once

    explicit RecordingNavigator(ReplayControl &replay, QObject *parent = nullptr);
    ~RecordingNavigator() override;

    // A damaged places.json is told by problem() and left as it is: nothing is kept then.
    void open(const Recording &recording);
    void close();
    const std::optional<Recording> &recording() const { return m_recording; }

    ReplayControl &replay() { return m_replay; }
    const RecordingPlaces &places() const { return m_places; }
    bool canMove() const { return m_replay.isReplay() && m_replay.end(); }
    bool canGoBack() const { return canMove() && m_places.history.canGoBack(); }
    bool canGoForward() const { return canMove() && m_places.history.canGoForward(); }

    // A place to come back to: it and the one left are remembered.
    void goTo(quint64 instruction);
    void back();
    void forward();

    // The place where the machine stands. Errors: those of RecordingPlaces::keep(), no-place.
    Result<void> keepHere(const QString &name, const QString &note);
    void forget(const QString &name);

signals:
    void changed(); // places, or what can be done
    void problem(const nitroscope::app::Error &error);

private:
    void save();
    void changePlaces();

    ReplayControl &m_replay;
    std::optional<Recording> m_recording;
    RecordingPlaces m_places;
    std::optional<quint64> m_wanted; // to be remembered when it is reached
    QTimer m_save;
    bool m_isSaved = true;
    bool m_isWritable = false; // the file is ours to write
};

} // namespace nitroscope::app
