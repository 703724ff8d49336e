// SPDX-License-Identifier: GPL-2.0-or-later
//
// A private folder for the sockets and files of one run.
//
//   ${XDG_RUNTIME_DIR}/nitroscope/        or, without one that is ours, /tmp/nitroscope-<uid>/
//       run-Ab3dEf/                       one per run, 0700, removed at its end
//           .lock                         held with flock(2) as long as its owner lives
//       .lock                             held while runs are made, cleaned up and choose what nobody has
//
// A folder whose lock nobody holds was left by a crash and is removed when the next run makes its own. The
// lock, not a process id in the name, decides: process ids are reused, locks die with their holder.
// Whoever may write into the folder could take over the enclave's console and control socket, so a base
// that is a link, belongs to somebody else or is open to others is refused.
#pragma once

#include "app/core/result.hpp"

#include <chrono>
#include <optional>

namespace nitroscope::app {

// Where runtime folders go for this user. Only computes the path.
QString runtimeBase();

// Makes the folder when it is missing and checks that it is a folder which only this user can use. The one
// above it must exist. Errors: runtime-folder-failed, runtime-folder-insecure.
Result<void> ensurePrivateFolder(const QString &path);
// The same of one that must be there.
Result<void> checkPrivateFolder(const QString &path);

// A socket that is going to be connected to, if there is one: it is this user's or the administrator's, and no link.
// Error: socket-foreign.
Result<void> checkSocket(const QString &path);

// The lock of a folder, for one process at a time; released when it goes, and by the kernel when we die.
class FolderLock {
public:
    // Nothing when somebody else holds it for longer than `patience`, or there is no such folder. Others hold
    // a base's lock for milliseconds.
    static std::optional<FolderLock> take(const QString &folder, std::chrono::milliseconds patience);

    FolderLock(FolderLock &&other) noexcept;
    FolderLock &operator=(FolderLock &&other) noexcept;
    ~FolderLock();

private:
    explicit FolderLock(int fd) : m_fd(fd) {}
    static int open(const QString &folder);
    int m_fd;
};

// How long to wait for a base's lock: short enough for a window that waits for it.
inline constexpr std::chrono::milliseconds lockPatience{400};

// For those who did not get it.
tl::unexpected<Error> baseIsBusy(const QString &code, const QString &base);

// Longest name of a file in a runtime folder such that its path still fits in a sockaddr_un (108 bytes).
inline constexpr int maxRuntimeFileName = 24;

class RuntimeFolder {
public:
    // Makes the base when it is missing, checks it, removes stale runs, and makes a new folder in it.
    // Errors: runtime-folder-failed, runtime-folder-insecure, runtime-folder-too-long, runtime-folder-busy.
    static Result<RuntimeFolder> create(const QString &base = runtimeBase());

    RuntimeFolder(RuntimeFolder &&other) noexcept;
    RuntimeFolder &operator=(RuntimeFolder &&other) noexcept;
    RuntimeFolder(const RuntimeFolder &) = delete;
    RuntimeFolder &operator=(const RuntimeFolder &) = delete;
    ~RuntimeFolder(); // removes the folder and everything in it

    QString path() const { return m_path; }
    QString filePath(const QString &name) const { return m_path + u'/' + name; }

private:
    RuntimeFolder(QString path, FolderLock lock) : m_path(std::move(path)), m_lock(std::move(lock)) {}

    QString m_path;
    FolderLock m_lock;
};

} // namespace nitroscope::app
