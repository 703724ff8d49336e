// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/session/registry/vsock_places.hpp"

#include "app/core/output/file_writer.hpp"
#include "app/session/registry/enclave_registry.hpp"
#include "app/session/registry/free_cid.hpp"

#include <fcntl.h>
#include <QDir>
#include <QFile>
#include <QJsonDocument>
#include <QJsonObject>
#include <sys/file.h>
#include <unistd.h>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;
namespace {

const QString noteName = u"/vsock.json"_s;
constexpr qint64 maxNoteLength = 4096;

// Whether the run that owns the folder still lives: it holds the lock for itself alone.
bool isAlive(const QString &folder) {
    const int lock =
        open(QFile::encodeName(folder + u"/.lock"_s).constData(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (lock < 0)
        return false;
    const bool isFree = flock(lock, LOCK_SH | LOCK_NB) == 0;
    close(lock);
    return !isFree;
}

Result<void> note(const QString &runFolder, const VsockPlace &place) {
    return writeFile(
        runFolder + noteName,
        QJsonDocument(QJsonObject{{u"cid"_s, QString::number(place.cid)}, {u"path"_s, place.path}}).toJson(),
        FileRole::secret);
}

} // namespace

QVector<VsockPlace> runningVsockPlaces(const QString &base) {
    QVector<VsockPlace> places;
    const QDir folder(base);
    for (const QString &run : folder.entryList({u"run-*"_s}, QDir::Dirs | QDir::NoDotAndDotDot)) {
        const QString path = folder.filePath(run);
        QFile file(path + noteName);
        if (!isAlive(path) || !file.open(QIODevice::ReadOnly))
            continue;
        const QJsonObject json = QJsonDocument::fromJson(file.read(maxNoteLength)).object();
        const VsockPlace place{json.value("cid"_L1).toString().toULongLong(),
                               json.value("path"_L1).toString()};
        if (place.cid != 0 && place.path.startsWith(QLatin1Char('/')))
            places.append(place);
    }
    return places;
}

Result<VsockPlace> claimVsockPlace(const QString &runFolder, const VsockPlace &wanted, const QString &base) {
    const auto lock = FolderLock::take(base, lockPatience);
    if (!lock)
        return baseIsBusy(u"vsock-busy"_s, base);
    QVector<quint64> taken = EnclaveRegistry(EnclaveRegistry::folderIn(base)).cidsOfOthers();
    for (const VsockPlace &other : runningVsockPlaces(base))
        taken.append(other.cid);
    VsockPlace place = wanted;
    if (wanted.cid != 0 && taken.contains(wanted.cid))
        return failure(u"cid-in-use"_s,
                       u"Another enclave has the CID %1 (E33); end it, or choose another CID, or "
                       "none for the first free one."_s.arg(wanted.cid));
    if (wanted.cid == 0)
        place.cid = firstFreeCid(taken);
    if (auto noted = note(runFolder, place); !noted)
        return tl::unexpected(noted.error());
    return place;
}

} // namespace nitroscope::app
