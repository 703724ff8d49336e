// SPDX-License-Identifier: GPL-2.0-or-later
//
// See runtime_folder.hpp. Plain system calls, because Qt's file classes follow links and cannot tell a
// folder that exists from one that was made.
#include "app/core/runtime_folder.hpp"

#include "qemu-machine/access/judge.hpp"

#include <cerrno>
#include <cstring>
#include <ctime>
#include <fcntl.h>
#include <QDir>
#include <QFile>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;
namespace {

QString systemText(int error) {
    return QString::fromLocal8Bit(std::strerror(error));
}

constexpr int socketPathLimit = 107; // sockaddr_un.sun_path without its NUL
constexpr auto runPrefix = "run-";
constexpr auto lockName = ".lock";

// Between two tries to get a lock.
constexpr timespec pause{0, 2'000'000};

void removeStaleRuns(const QString &base) {
    const QDir dir(base);
    const auto names = dir.entryList({QLatin1String(runPrefix) + u'*'},
                                     QDir::Dirs | QDir::NoSymLinks | QDir::NoDotAndDotDot | QDir::Hidden);
    for (const QString &name : names) {
        const QString folder = dir.filePath(name);
        if (const auto lock = FolderLock::take(folder, {}))
            QDir(folder).removeRecursively(); // its owner does not live
    }
}

} // namespace

// The descriptor is not inherited by QEMU, so the lock is released exactly when this process ends.
int FolderLock::open(const QString &folder) {
    const QByteArray path = QFile::encodeName(folder + u'/' + QLatin1String(lockName));
    // writer-ok: a lock, which stays empty
    return ::open(path.constData(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
}

std::optional<FolderLock> FolderLock::take(const QString &folder, std::chrono::milliseconds patience) {
    const int fd = open(folder);
    const auto end = std::chrono::steady_clock::now() + patience;
    while (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) != 0) {
        if (std::chrono::steady_clock::now() >= end) {
            close(fd);
            return std::nullopt;
        }
        nanosleep(&pause, nullptr);
    }
    return fd < 0 ? std::nullopt : std::optional(FolderLock(fd));
}

FolderLock::FolderLock(FolderLock &&other) noexcept : m_fd(std::exchange(other.m_fd, -1)) {}

FolderLock &FolderLock::operator=(FolderLock &&other) noexcept {
    std::swap(m_fd, other.m_fd);
    return *this;
}

FolderLock::~FolderLock() {
    if (m_fd >= 0)
        close(m_fd);
}

tl::unexpected<Error> baseIsBusy(const QString &code, const QString &base) {
    return failure(code, u"Another enclave is being started and makes no progress; try again."_s, base);
}

Result<void> ensurePrivateFolder(const QString &base) {
    const QByteArray path = QFile::encodeName(base);
    if (mkdir(path.constData(), 0700) != 0 && errno != EEXIST)
        return failure(u"runtime-folder-failed"_s,
                       u"The runtime folder cannot be created: %1."_s.arg(systemText(errno)), base);
    return checkPrivateFolder(base);
}

Result<void> checkPrivateFolder(const QString &base) {
    const access::Finding finding = access::judgePrivateFolder(QFile::encodeName(base).constData());
    if (finding == access::Finding::absent)
        return failure(u"runtime-folder-failed"_s,
                       u"The runtime folder cannot be examined: %1."_s.arg(systemText(errno)), base);
    if (finding != access::Finding::fine)
        return failure(u"runtime-folder-insecure"_s,
                       u"The runtime folder %1. It must be a folder of this user with mode 0700; "
                       "remove it or set XDG_RUNTIME_DIR."_s.arg(QLatin1String(access::words(finding))),
                       base);
    return {};
}

Result<void> checkSocket(const QString &path) {
    const access::Finding finding = access::judgeSocket(QFile::encodeName(path).constData());
    if (finding != access::Finding::foreign && finding != access::Finding::link)
        return {};
    return failure(
        u"socket-foreign"_s,
        u"The socket %1: what is said to the enclave could go to somebody else. Use one in a folder of "
        "your own."_s.arg(QLatin1String(access::words(finding))),
        path);
}

QString runtimeBase() {
    const QString xdg = qEnvironmentVariable("XDG_RUNTIME_DIR");
    QString preferred = xdg + u"/nitroscope"_s;
    // Under sudo or su the variable often names somebody else's folder.
    const int room = socketPathLimit - maxRuntimeFileName - int(std::strlen("/run-XXXXXX/"));
    if (!xdg.isEmpty() && xdg.startsWith(u'/') && QFile::encodeName(preferred).size() <= room &&
        access::judgePrivateFolder(QFile::encodeName(xdg + u"/."_s).constData()) == access::Finding::fine)
        return preferred;
    return u"/tmp/nitroscope-%1"_s.arg(geteuid());
}

Result<RuntimeFolder> RuntimeFolder::create(const QString &base) {
    if (auto made = ensurePrivateFolder(base); !made)
        return tl::unexpected(made.error());

    // One process at a time cleans and makes folders: between mkdtemp and its lock a new folder looks stale.
    const auto baseLock = FolderLock::take(base, lockPatience);
    if (!baseLock)
        return baseIsBusy(u"runtime-folder-busy"_s, base);
    removeStaleRuns(base);

    QByteArray path = QFile::encodeName(base) + '/' + runPrefix + "XXXXXX";
    const char *made = mkdtemp(path.data());
    const int makeError = errno;
    const QString folder = QFile::decodeName(path);
    // Somebody who looks whether it is alive holds it for a moment.
    auto lock = made ? FolderLock::take(folder, lockPatience) : std::nullopt;
    if (!lock)
        return failure(u"runtime-folder-failed"_s,
                       u"The folder for this run cannot be created: %1."_s.arg(systemText(makeError)), base);
    RuntimeFolder result(folder, *std::move(lock));
    if (path.size() + 1 + maxRuntimeFileName > socketPathLimit)
        return failure(u"runtime-folder-too-long"_s,
                       u"The path is too long for the sockets that go into it."_s, folder);
    return result;
}

RuntimeFolder::RuntimeFolder(RuntimeFolder &&other) noexcept
    : m_path(std::exchange(other.m_path, {})), m_lock(std::move(other.m_lock)) {}

RuntimeFolder &RuntimeFolder::operator=(RuntimeFolder &&other) noexcept {
    std::swap(m_path, other.m_path);
    std::swap(m_lock, other.m_lock);
    return *this;
}

RuntimeFolder::~RuntimeFolder() {
    if (!m_path.isEmpty())
        QDir(m_path).removeRecursively();
}

} // namespace nitroscope::app
