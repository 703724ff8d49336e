// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/session/vsock_places.hpp"

#include <algorithm>
#include <fcntl.h>
#include <QDir>
#include <QFile>
#include <QJsonDocument>
#include <QJsonObject>
#include <sys/file.h>
#include <unistd.h>

namespace nitroscope::app {
namespace {

const QString noteName = QStringLiteral("/vsock.json");
constexpr qint64 longestNote = 4096;

// Whether the run that owns the folder still lives: it holds the lock for itself alone.
bool isAlive(const QString &folder) {
    const int lock = open(QFile::encodeName(folder + QStringLiteral("/.lock")).constData(),
                          O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (lock < 0)
        return false;
    const bool isFree = flock(lock, LOCK_SH | LOCK_NB) == 0;
    close(lock);
    return !isFree;
}

} // namespace

QVector<VsockPlace> runningVsockPlaces(const QString &base) {
    QVector<VsockPlace> places;
    const QDir folder(base);
    for (const QString &run :
         folder.entryList({QStringLiteral("run-*")}, QDir::Dirs | QDir::NoDotAndDotDot)) {
        const QString path = folder.filePath(run);
        QFile note(path + noteName);
        if (!isAlive(path) || !note.open(QIODevice::ReadOnly))
            continue;
        const QJsonObject json = QJsonDocument::fromJson(note.read(longestNote)).object();
        const VsockPlace place{json.value(QLatin1String("cid")).toString().toULongLong(),
                               json.value(QLatin1String("path")).toString()};
        if (place.cid != 0 && place.path.startsWith(QLatin1Char('/')))
            places.append(place);
    }
    return places;
}

Result<void> noteVsockPlace(const QString &runFolder, const VsockPlace &place) {
    QFile note(runFolder + noteName);
    const QByteArray text = QJsonDocument(QJsonObject{{QStringLiteral("cid"), QString::number(place.cid)},
                                                      {QStringLiteral("path"), place.path}})
                                .toJson();
    if (!note.open(QIODevice::WriteOnly) || note.write(text) != text.size() || !note.flush())
        return failure(QStringLiteral("vsock-note-failed"), note.errorString(), note.fileName());
    return {};
}

quint64 firstFreeCid(const QString &base) {
    const QVector<VsockPlace> places = runningVsockPlaces(base);
    quint64 cid = firstEnclaveCid;
    while (std::any_of(places.begin(), places.end(), [cid](const VsockPlace &p) { return p.cid == cid; }))
        ++cid;
    return cid;
}

} // namespace nitroscope::app
