// SPDX-License-Identifier: GPL-2.0-or-later
#include "qemu-machine/vsock/sockets/socket_file.hpp"

#include "qemu-machine/vsock/sockets/socket.hpp"
#include "qemu-machine/vsock/sockets/socket_lock.hpp"

#include <cerrno>
#include <sys/stat.h>
#include <unistd.h>

namespace nitroscope::vsock {

std::optional<SocketFile> SocketFile::at(const std::string &path) {
    struct stat status {};
    if (lstat(path.c_str(), &status) != 0 || !S_ISSOCK(status.st_mode))
        return std::nullopt;
    return SocketFile{path, status.st_dev, status.st_ino};
}

bool SocketFile::isStillThere() const {
    const auto now = at(path);
    return now && now->device == device && now->inode == inode;
}

bool isAbandonedSocket(const std::string &path, std::int64_t &owner) {
    const int probe = makeUnixSocket(Kind::stream);
    if (probe < 0)
        return false;
    const UnixName name = UnixName::path(path);
    // Of either kind: what nobody listens at refuses before kinds are compared.
    const bool isAbandoned = ::connect(probe, name.get(), name.length) != 0 && errno == ECONNREFUSED;
    owner = peerPid(probe);
    ::close(probe);
    return isAbandoned;
}

void removeAbandoned(const SocketFile &file) {
    std::string problem;
    std::int64_t owner = -1;
    if (const auto lock = SocketLock::take(problem);
        lock && file.isStillThere() && isAbandonedSocket(file.path, owner))
        unlink(file.path.c_str());
}

} // namespace nitroscope::vsock
