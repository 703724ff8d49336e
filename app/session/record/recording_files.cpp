// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/session/record/recording_files.hpp"

#include "app/core/output/write_all.hpp"
#include "app/session/launch/launch_arguments.hpp"
#include "qemu-machine/access/judge.hpp"

#include <QDir>
#include <QDirIterator>
#include <QFileInfo>

namespace nitroscope::app {
namespace {

QString absolute(const QString &path) {
    return QDir::cleanPath(QFileInfo(path).absoluteFilePath());
}

} // namespace

QString RecordingFiles::events() const {
    return folder + u'/' + QLatin1String(recordingEventsName);
}

QString RecordingFiles::capture() const {
    return folder + u'/' + QLatin1String(recordingCaptureName);
}

quint64 RecordingFiles::bytes() const {
    quint64 sum = 0;
    for (QDirIterator files(folder, QDir::Files | QDir::Hidden | QDir::NoSymLinks,
                            QDirIterator::Subdirectories);
         files.hasNext();) {
        struct stat status {};
        if (lstat(QFile::encodeName(files.next()).constData(), &status) == 0)
            sum += static_cast<quint64>(status.st_blocks) * 512;
    }
    return sum;
}

void RecordingFiles::remove() const {
    for (const QString &path : {facts(), image(), ramdisk(), events(), capture(), digests(), places()})
        QFile::remove(path);
    QDir(snapshots()).removeRecursively();
    QDir().rmdir(folder);
}

Result<RecordingFiles> makeRecordingFolder(const QString &path) {
    const RecordingFiles files{absolute(path)};
    if (mkdir(QFile::encodeName(files.folder).constData(), 0700) == 0)
        return files;
    if (errno == EEXIST)
        return failure(u"recording-exists"_s,
                       u"There is something of this name already. Choose another name, or remove it first."_s,
                       files.folder);
    return failure(u"recording-unwritable"_s,
                   u"The folder of the recording cannot be made: %1."_s.arg(systemText(errno)), files.folder);
}

Result<RecordingFiles> findRecording(const QString &path) {
    const RecordingFiles files{absolute(path)};
    struct stat status {};
    if (stat(QFile::encodeName(files.folder).constData(), &status) != 0)
        return failure(u"no-recording"_s, u"There is no recording of this name: %1."_s.arg(systemText(errno)),
                       path);
    if (S_ISDIR(status.st_mode) && access::judge(status, S_IFDIR, 022) != access::Finding::fine)
        return failure(
            u"recording-foreign"_s,
            u"Other users may write to this folder, and so could change what is replayed. Make a copy of your "
            "own (cp -r, chmod 700) if you trust it."_s,
            path);
    if (!S_ISDIR(status.st_mode) || !QFileInfo(files.facts()).isFile())
        return failure(u"no-recording"_s,
                       u"This is not the folder of a recording: it has no recording.json."_s, path);
    return files;
}

} // namespace nitroscope::app
