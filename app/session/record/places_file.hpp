// SPDX-License-Identifier: GPL-2.0-or-later
//
// places.json: what a person keeps of a recording: bookmarks with their notes, and the places visited last. It goes with the
// recording and may have come from anywhere.
#pragma once

#include "app/core/result.hpp"

#include <QVector>

namespace nitroscope::app {

struct Bookmark {
    quint64 instruction = 0;
    QString name; // unique; one line
    QString note;

    bool operator==(const Bookmark &) const = default;
};

// Places visited, as a browser keeps pages: a visit after going back forgets what was ahead.
class PlaceHistory {
public:
    static constexpr qsizetype maxPlaces = 200;

    void visit(quint64 instruction);
    std::optional<quint64> back(); // goes there
    std::optional<quint64> forward();
    bool canGoBack() const { return m_at > 0; }
    bool canGoForward() const { return m_at + 1 < m_places.size(); }

    const QVector<quint64> &places() const { return m_places; }
    qsizetype at() const { return m_at; } // meaningless while there are none
    static PlaceHistory of(const QVector<quint64> &places, qsizetype at);

    bool operator==(const PlaceHistory &) const = default;

private:
    QVector<quint64> m_places;
    qsizetype m_at = 0;
};

struct RecordingPlaces {
    static constexpr int formatVersion = 1;
    static constexpr qsizetype maxBytes = 16 * 1024 * 1024; // of the file
    static constexpr qsizetype maxBookmarks = 10'000;
    static constexpr qsizetype maxNameLength = 200, maxNoteLength = 10'000; // characters

    QVector<Bookmark> bookmarks; // by instruction
    PlaceHistory history;

    const Bookmark *find(const QString &name) const; // nullptr when there is none
    const Bookmark *at(quint64 instruction) const;
    // Takes the place of the one of that name. Errors: bookmark-name (empty, or too long), bookmark-full.
    Result<void> keep(const Bookmark &bookmark);
    void forget(const QString &name);

    bool operator==(const RecordingPlaces &) const = default;
};

QByteArray writePlaces(const RecordingPlaces &places);
// Error places-invalid, with the offset where it is no JSON.
Result<RecordingPlaces> readPlaces(const QByteArray &json);

// Those of a recording's file, which need not be there. Errors: places-invalid, places-unreadable.
Result<RecordingPlaces> loadPlaces(const QString &path);
// Error "output".
Result<void> savePlaces(const QString &path, const RecordingPlaces &places);

} // namespace nitroscope::app
