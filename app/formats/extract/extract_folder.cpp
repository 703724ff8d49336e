// SPDX-License-Identifier: GPL-2.0-or-later
//
// See extract_folder.hpp.

#include "app/formats/extract/extract_folder.hpp"

#include "app/formats/tree/value_text.hpp"

#include <cerrno>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <QFile>
#include <QList>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <utility>

namespace nitroscope::formats {

namespace {

constexpr int folderFlags = O_PATH | O_DIRECTORY | O_CLOEXEC;
constexpr unsigned ownerWrites = 0200;

// -errno on failure.
int openInside(int root, const QByteArray &path) {
    open_how how{};
    how.flags = folderFlags;
    how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
    const long descriptor = ::syscall(SYS_openat2, root, path.constData(), &how, sizeof how);
    return descriptor >= 0 ? static_cast<int>(descriptor) : -errno;
}

// Part by part, following no symbolic link; -errno on failure.
int walkInside(int root, const QByteArray &path) {
    int folder = ::openat(root, ".", folderFlags);
    if (folder < 0)
        return -errno;
    for (const QByteArray &part : path.split('/')) {
        const int next = ::openat(folder, part.constData(), folderFlags | O_NOFOLLOW);
        const int problem = next < 0 ? errno : 0;
        ::close(folder);
        if (next < 0)
            return -problem;
        folder = next;
    }
    return folder;
}

bool isEmptyFolder(int folder) {
    const int copy = ::openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *stream = copy >= 0 ? ::fdopendir(copy) : nullptr;
    if (!stream) {
        if (copy >= 0)
            ::close(copy);
        return false;
    }
    bool isEmpty = true;
    while (const dirent *entry = ::readdir(stream))
        isEmpty &= std::strcmp(entry->d_name, ".") == 0 || std::strcmp(entry->d_name, "..") == 0;
    ::closedir(stream);
    return isEmpty;
}

} // namespace

app::Result<ExtractFolder> ExtractFolder::create(const QString &path) {
    const QByteArray name = QFile::encodeName(path);
    const auto refuse = [&](const QString &why) {
        return app::failure(u"output"_s, u"'%1' cannot be extracted to: %2"_s.arg(path, why), path);
    };
    const bool isMade = ::mkdir(name.constData(), 0777) == 0;
    if (!isMade && errno != EEXIST)
        return refuse(QString::fromLocal8Bit(std::strerror(errno)) + u'.');
    const int descriptor = ::open(name.constData(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0)
        return refuse(QString::fromLocal8Bit(std::strerror(errno)) + u'.');
    ExtractFolder folder(descriptor);
    if (isMade)
        folder.m_made = name;
    if (!isEmptyFolder(descriptor))
        return refuse(u"it is not empty. Name a new folder."_s);
    return folder;
}

ExtractFolder::ExtractFolder(ExtractFolder &&other) noexcept
    : m_root(std::exchange(other.m_root, -1)), m_made(std::move(other.m_made)),
      m_folderModes(std::move(other.m_folderModes)), m_readOnly(std::move(other.m_readOnly)),
      m_lastParent(std::move(other.m_lastParent)),
      m_lastDescriptor(std::exchange(other.m_lastDescriptor, -1)) {}

ExtractFolder::~ExtractFolder() {
    for (const int descriptor : {m_lastDescriptor, m_root})
        if (descriptor >= 0)
            ::close(descriptor);
}

void ExtractFolder::discard() {
    if (!m_made.isEmpty())
        ::rmdir(m_made.constData()); // fails when something is in it
}

int ExtractFolder::openFolder(const QByteArray &path) const {
    if (path.isEmpty()) {
        const int copy = ::openat(m_root, ".", folderFlags);
        return copy >= 0 ? copy : -errno;
    }
    const int descriptor = openInside(m_root, path);
    return descriptor == -ENOSYS || descriptor == -EPERM ? walkInside(m_root, path) : descriptor;
}

int ExtractFolder::openParent(const QByteArray &path, QByteArray &name) {
    const qsizetype slash = path.lastIndexOf('/');
    name = path.mid(slash + 1);
    const QByteArray parent = path.left(std::max<qsizetype>(slash, 0));
    if (m_lastDescriptor >= 0 && parent == m_lastParent)
        return m_lastDescriptor;
    int descriptor = openFolder(parent);
    if (descriptor == -ENOENT) {
        if (const int problem = makeFolder(parent, 0755); problem != 0)
            return -problem;
        descriptor = openFolder(parent);
    }
    if (descriptor < 0)
        return descriptor;
    if (m_lastDescriptor >= 0)
        ::close(m_lastDescriptor);
    m_lastDescriptor = descriptor;
    m_lastParent = parent;
    return descriptor;
}

int ExtractFolder::makeFolder(const QByteArray &path, unsigned mode) {
    if (path.isEmpty())
        return 0;
    constexpr int deepest = 1000;
    if (path.count('/') > deepest)
        return ENAMETOOLONG;
    QByteArray name;
    const int parent = openParent(path, name);
    if (parent < 0)
        return -parent;
    if (::mkdirat(parent, name.constData(), 0700) != 0 && errno != EEXIST)
        return errno;
    const int made = openFolder(path); // EEXIST may be a file, or a link that leads nowhere
    if (made < 0)
        return -made;
    ::close(made);
    m_folderModes.emplace_back(path, mode);
    return 0;
}

app::Result<int> ExtractFolder::makeFile(const QByteArray &path, unsigned mode) {
    QByteArray name;
    const int parent = openParent(path, name);
    int problem = parent < 0 ? -parent : 0;
    if (problem == 0) {
        if (::unlinkat(parent, name.constData(), 0) != 0 && errno != ENOENT)
            problem = errno;
        // What was there is gone; O_EXCL and O_NOFOLLOW make sure that nothing is written through a new link.
        // writer-ok: inside of the folder's descriptor; written by writeAll()
        const int file =
            problem ? -1
                    : ::openat(parent, name.constData(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                               (mode & 0777u) | ownerWrites);
        if (file >= 0) {
            if (mode & ownerWrites)
                m_readOnly.erase(path);
            else
                m_readOnly.insert(path);
            return file;
        }
        problem = problem ? problem : errno;
    }
    return app::failure(u"output"_s, QString::fromLocal8Bit(std::strerror(problem)));
}

app::Result<int> ExtractFolder::reopenFile(const QByteArray &path) {
    QByteArray name;
    const int parent = openParent(path, name);
    // writer-ok: as makeFile()
    const int file = parent < 0 ? -1 : ::openat(parent, name.constData(), O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
    if (file >= 0)
        return file;
    return app::failure(u"output"_s, QString::fromLocal8Bit(std::strerror(parent < 0 ? -parent : errno)));
}

void ExtractFolder::removeFile(const QByteArray &path) {
    QByteArray name;
    if (const int parent = openParent(path, name); parent >= 0)
        ::unlinkat(parent, name.constData(), 0);
}

int ExtractFolder::makeLink(const QByteArray &path, const QByteArray &target) {
    QByteArray name;
    const int parent = openParent(path, name);
    if (parent < 0)
        return -parent;
    if (::unlinkat(parent, name.constData(), 0) != 0 && errno != ENOENT)
        return errno;
    return ::symlinkat(target.constData(), parent, name.constData()) == 0 ? 0 : errno;
}

int ExtractFolder::makeHardLink(const QByteArray &path, const QByteArray &existing) {
    QByteArray name, oldName;
    const int oldParent = openParent(existing, oldName);
    if (oldParent < 0)
        return -oldParent;
    const int kept = ::fcntl(oldParent, F_DUPFD_CLOEXEC, 0);
    const int parent = openParent(path, name);
    int problem = parent < 0 ? -parent : 0;
    if (problem == 0 && ::unlinkat(parent, name.constData(), 0) != 0 && errno != ENOENT)
        problem = errno;
    if (problem == 0 && ::linkat(kept, oldName.constData(), parent, name.constData(), 0) != 0)
        problem = errno;
    ::close(kept);
    return problem;
}

void ExtractFolder::setTime(const QByteArray &path, qint64 seconds) {
    QByteArray name;
    const timespec times[2] = {{seconds, 0}, {seconds, 0}};
    if (const int parent = openParent(path, name); parent >= 0)
        ::utimensat(parent, name.constData(), times, AT_SYMLINK_NOFOLLOW);
}

void ExtractFolder::finish() {
    for (const QByteArray &path : m_readOnly) {
        QByteArray name;
        const int parent = openParent(path, name);
        struct stat status {};
        // A link would be followed; the file may have been replaced by one.
        if (parent >= 0 && ::fstatat(parent, name.constData(), &status, AT_SYMLINK_NOFOLLOW) == 0 &&
            S_ISREG(status.st_mode))
            ::fchmodat(parent, name.constData(), status.st_mode & 0777u & ~ownerWrites, 0);
    }
    m_readOnly.clear();
    for (auto it = m_folderModes.rbegin(); it != m_folderModes.rend(); ++it) {
        const int folder = openFolder(it->first);
        if (folder < 0)
            continue;
        // An O_PATH descriptor cannot be used by fchmod; the folder itself can be opened through it, without
        // a link.
        const int real = ::openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (real >= 0) {
            ::fchmod(real, it->second & 0777u);
            ::close(real);
        }
        ::close(folder);
    }
    m_folderModes.clear();
}

} // namespace nitroscope::formats
