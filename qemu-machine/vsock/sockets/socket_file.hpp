// SPDX-License-Identifier: GPL-2.0-or-later
//
// Unix sockets as files: which one it is, whether anybody lives there, and how one that nobody lives at is
// removed without taking somebody else's name away. A name alone says nothing: it may have been made again
// since.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <sys/types.h>

namespace nitroscope::vsock {

struct SocketFile {
    std::string path;
    dev_t device = 0;
    ino_t inode = 0;

    // Nothing when there is no socket.
    static std::optional<SocketFile> at(const std::string &path);
    bool isStillThere() const;
};

// A socket that nobody listens at, made by a process that has ended. Otherwise `owner` gets the id of the
// process that lives there, or -1 when that is not known.
bool isAbandonedSocket(const std::string &path, std::int64_t &owner);

// After its owner has died without doing it: removes this very socket, if nobody listens at it. Machines make
// their sockets under SocketLock, so none of them can be at it while we look.
void removeAbandoned(const SocketFile &file);

} // namespace nitroscope::vsock
