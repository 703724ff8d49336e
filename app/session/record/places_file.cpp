// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/session/record/places_file.hpp"

#include "app/core/output/file_writer.hpp"

#include <algorithm>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;
namespace {

tl::unexpected<Error> invalid(const QString &what) {
    return failure(u"places-invalid"_s, u"places.json cannot be used: %1."_s.arg(what));
}

std::optional<quint64> instructionOf(const QJsonValue &value) {
    const qint64 number = value.toInteger(-1);
    return number < 0 ? std::nullopt : std::optional(static_cast<quint64>(number));
}

} // namespace

void PlaceHistory::visit(quint64 instruction) {
    if (!m_places.isEmpty() && m_places[m_at] == instruction)
        return;
    if (!m_places.isEmpty())
        m_places.resize(m_at + 1);
    m_places.append(instruction);
    if (m_places.size() > maxPlaces)
        m_places.removeFirst();
    m_at = m_places.size() - 1;
}

std::optional<quint64> PlaceHistory::back() {
    return canGoBack() ? std::optional(m_places[--m_at]) : std::nullopt;
}

std::optional<quint64> PlaceHistory::forward() {
    return canGoForward() ? std::optional(m_places[++m_at]) : std::nullopt;
}

PlaceHistory PlaceHistory::of(const QVector<quint64> &places, qsizetype at) {
    PlaceHistory history;
    history.m_places = places.last(std::min(places.size(), maxPlaces));
    history.m_at = std::clamp<qsizetype>(at - (places.size() - history.m_places.size()), 0,
                                         std::max<qsizetype>(0, history.m_places.size() - 1));
    return history;
}

const Bookmark *RecordingPlaces::find(const QString &name) const {
    const auto found = std::ranges::find(bookmarks, name, &Bookmark::name);
    return found == bookmarks.end() ? nullptr : &*found;
}

const Bookmark *RecordingPlaces::at(quint64 instruction) const {
    const auto found = std::ranges::find(bookmarks, instruction, &Bookmark::instruction);
    return found == bookmarks.end() ? nullptr : &*found;
}

Result<void> RecordingPlaces::keep(const Bookmark &bookmark) {
    if (bookmark.name.trimmed().isEmpty() || bookmark.name.size() > maxNameLength ||
        bookmark.note.size() > maxNoteLength)
        return failure(
            u"bookmark-name"_s,
            u"A bookmark needs a name of at most %1 characters, and its note at most %2."_s.arg(maxNameLength)
                .arg(maxNoteLength));
    forget(bookmark.name);
    if (bookmarks.size() >= maxBookmarks)
        return failure(u"bookmark-full"_s,
                       u"The recording has %1 bookmarks; remove some first."_s.arg(maxBookmarks));
    bookmarks.insert(std::ranges::upper_bound(bookmarks, bookmark.instruction, {}, &Bookmark::instruction),
                     bookmark);
    return {};
}

void RecordingPlaces::forget(const QString &name) {
    bookmarks.removeIf([&name](const Bookmark &each) { return each.name == name; });
}

QByteArray writePlaces(const RecordingPlaces &places) {
    QJsonArray bookmarks, visited;
    for (const Bookmark &each : places.bookmarks)
        bookmarks.append(QJsonObject{{u"instruction"_s, static_cast<qint64>(each.instruction)},
                                     {u"name"_s, each.name},
                                     {u"note"_s, each.note}});
    for (const quint64 each : places.history.places())
        visited.append(static_cast<qint64>(each));
    return QJsonDocument(QJsonObject{{u"nitroscope-places"_s, RecordingPlaces::formatVersion},
                                     {u"bookmarks"_s, bookmarks},
                                     {u"history"_s, visited},
                                     {u"at"_s, static_cast<qint64>(places.history.at())}})
        .toJson();
}

Result<RecordingPlaces> readPlaces(const QByteArray &json) {
    if (json.size() > RecordingPlaces::maxBytes)
        return invalid(u"it has more than %1 bytes"_s.arg(RecordingPlaces::maxBytes));
    QJsonParseError problem;
    const auto document = QJsonDocument::fromJson(json, &problem);
    if (!document.isObject()) {
        auto error = invalid(u"it is not a JSON object"_s);
        if (problem.error != QJsonParseError::NoError)
            error.value().offset = static_cast<quint64>(problem.offset);
        return error;
    }
    const QJsonObject all = document.object();
    if (all.value("nitroscope-places"_L1).toInteger(-1) != RecordingPlaces::formatVersion)
        return invalid(u"it is of no version that is known here"_s);
    RecordingPlaces places;
    const QJsonArray bookmarks = all.value("bookmarks"_L1).toArray();
    if (bookmarks.size() > RecordingPlaces::maxBookmarks)
        return invalid(u"it has more than %1 bookmarks"_s.arg(RecordingPlaces::maxBookmarks));
    for (const QJsonValue value : bookmarks) {
        const QJsonObject each = value.toObject();
        const auto instruction = instructionOf(each.value("instruction"_L1));
        if (!instruction)
            return invalid(u"a bookmark has no instruction"_s);
        if (auto kept = places.keep(
                {*instruction, each.value("name"_L1).toString(), each.value("note"_L1).toString()});
            !kept)
            return invalid(kept.error().message.chopped(1));
    }
    QVector<quint64> visited;
    const QJsonArray history = all.value("history"_L1).toArray();
    for (const QJsonValue value : history) {
        const auto instruction = instructionOf(value);
        if (!instruction)
            return invalid(u"a place that was visited is no instruction"_s);
        visited.append(*instruction);
    }
    places.history = PlaceHistory::of(visited, all.value("at"_L1).toInteger(visited.size() - 1));
    return places;
}

Result<RecordingPlaces> loadPlaces(const QString &path) {
    QFile file(path);
    if (!file.exists())
        return RecordingPlaces{};
    if (!file.open(QIODevice::ReadOnly))
        return failure(u"places-unreadable"_s, file.errorString(), path);
    auto places = readPlaces(file.read(RecordingPlaces::maxBytes + 1));
    if (!places)
        places.error().context = path;
    return places;
}

Result<void> savePlaces(const QString &path, const RecordingPlaces &places) {
    return writeFile(path, writePlaces(places), FileRole::secret);
}

} // namespace nitroscope::app
