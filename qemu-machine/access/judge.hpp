// SPDX-License-Identifier: GPL-2.0-or-later
//
// Who else on this computer could be at the other end: the one judgement of folders, files and sockets, for QEMU's side
// and the app's. Trusted are the user we act as and the administrator, who can do everything anyway. Plain system calls
// and nothing else, so that every library may have it.
#pragma once

#include <cerrno>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

namespace nitroscope::access {

enum class Finding {
    fine,
    absent,    // errno says why it cannot be looked at; ENOENT when there is nothing
    link,      // could lead anywhere, and somewhere else a moment later
    otherKind, // not a folder, not a socket, not a regular file
    foreign,   // another user's
    open,      // others may do with it what only its user should
};

// Ends a sentence that begins with its name.
inline const char *words(Finding finding) {
    switch (finding) {
    case Finding::fine:
        return "is fine";
    case Finding::absent:
        return "cannot be examined";
    case Finding::link:
        return "is a link";
    case Finding::otherKind:
        return "is something else";
    case Finding::foreign:
        return "belongs to another user";
    case Finding::open:
        return "is open to other users";
    }
    return "is unknown";
}

inline bool isTrusted(uid_t user) {
    return user == geteuid() || user == 0;
}

// Of what stat(2) said. `forbidden`: the bits of its mode that it must not have.
inline Finding judge(const struct stat &status, mode_t kind, mode_t forbidden) {
    if (S_ISLNK(status.st_mode))
        return Finding::link;
    if ((status.st_mode & S_IFMT) != kind)
        return Finding::otherKind;
    if (!isTrusted(status.st_uid))
        return Finding::foreign;
    return (status.st_mode & forbidden) != 0 ? Finding::open : Finding::fine;
}

// A folder for what is the user's alone: nobody else comes in, not even to look. The user's own, not the
// administrator's: we are going to write there.
inline Finding judgePrivateFolder(const char *path) {
    struct stat status {};
    if (lstat(path, &status) != 0)
        return Finding::absent;
    const Finding finding = judge(status, S_IFDIR, 077);
    return finding == Finding::fine && status.st_uid != geteuid() ? Finding::foreign : finding;
}

// A folder in which a socket may be made: others cannot take the place of what lies there. In one like /tmp they can
// only be there first.
inline Finding judgeSocketFolder(int descriptor) {
    struct stat status {};
    if (fstat(descriptor, &status) != 0)
        return Finding::absent;
    return judge(status, S_IFDIR, (status.st_mode & S_ISVTX) != 0 ? 0 : 022);
}

// A socket that is to be connected to.
inline Finding judgeSocket(const char *path) {
    struct stat status {};
    if (lstat(path, &status) != 0)
        return Finding::absent;
    return judge(status, S_IFSOCK, 0);
}

// An open file with a secret in it. `forbidden` is 077 when it must be its user's alone.
inline Finding judgeFile(int descriptor, mode_t forbidden) {
    struct stat status {};
    if (fstat(descriptor, &status) != 0)
        return Finding::absent;
    return judge(status, S_IFREG, forbidden);
}

// Whether another user may have put it there for us to write to or through: it lies in a folder like /tmp, where
// everybody may make files, and neither we nor the folder's owner made it. The kernel judges so itself where
// fs.protected_symlinks and its like are switched on, but only of what it follows and opens itself. What is not there
// is nobody's.
inline bool isPlanted(const char *folder, const char *path) {
    struct stat around {
    }, found{};
    constexpr mode_t openToAll = S_ISVTX | S_IWOTH;
    return lstat(path, &found) == 0 && found.st_uid != geteuid() && stat(folder, &around) == 0 &&
           (around.st_mode & openToAll) == openToAll && found.st_uid != around.st_uid;
}

// To read from what may be no file at all: a pipe that nobody writes to does not hold it up. -1 with errno.
inline int openForReading(const char *path) {
    return ::open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

// Who made the other end of a connected Unix socket.
inline bool isPeerTrusted(int descriptor) {
    ucred peer{};
    socklen_t length = sizeof peer;
    return getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &peer, &length) == 0 && isTrusted(peer.uid);
}

} // namespace nitroscope::access
