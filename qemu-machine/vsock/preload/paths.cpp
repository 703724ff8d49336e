// SPDX-License-Identifier: GPL-2.0-or-later
#include "qemu-machine/vsock/preload/paths.hpp"

#include "qemu-machine/vsock/preload/names.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <sys/stat.h>
#include <unistd.h>

namespace nitroscope::preload {
namespace {

// The path of a port in enclave `at`; the first one's is the socket, and that of CID 1 is in the first one only.
bool pathOf(size_t at, uint32_t cid, uint32_t port, sockaddr_un &name) {
    char suffix[16];
    portSuffix(cid, port, suffix);
    return makeName(settings().enclaves[at], suffix, name);
}

// 0 or EADDRINUSE.
int freePath(const char *path) {
    struct stat status;
    if (lstat(path, &status) != 0)
        return 0; // what else may be wrong, bind() says
    const bool isOurs = S_ISSOCK(status.st_mode) || S_ISLNK(status.st_mode);
    return !isOurs || isHeld(path) || unlink(path) != 0 ? EADDRINUSE : 0;
}

} // namespace

bool isHeld(const char *path) {
    char target[sizeof sockaddr_un::sun_path] = {};
    if (readlink(path, target, sizeof target - 1) > 0)
        path = target;
    FILE *list = std::fopen("/proc/net/unix", "re");
    if (list == nullptr)
        return true;
    char line[512];
    bool found = false;
    while (!found && std::fgets(line, sizeof line, list) != nullptr) {
        unsigned state = 0;
        int at = 0;
        // Num: RefCount Protocol Flags Type St Inode Path; 1 is SS_UNCONNECTED.
        if (std::sscanf(line, "%*s %*x %*x %*x %*x %x %*u %n", &state, &at) != 1 || at == 0)
            continue;
        line[std::strcspn(line, "\n")] = 0;
        found = state == 1 && std::strcmp(line + at, path) == 0;
    }
    std::fclose(list);
    return found;
}

int freePort(uint32_t cid, uint32_t port) {
    sockaddr_un own, alias;
    if (!pathOf(0, cid, port, own))
        return ENAMETOOLONG;
    if (const int error = freePath(own.sun_path); error != 0)
        return error;
    return cid == anyCid && pathOf(0, localCid, port, alias) ? freePath(alias.sun_path) : 0;
}

void linkOthers(uint32_t cid, uint32_t port, const char *target) {
    if (cid == localCid)
        return;
    sockaddr_un name;
    if (cid == anyCid && pathOf(0, localCid, port, name)) [[maybe_unused]]
        const int ignored = symlink(target, name.sun_path);
    for (size_t i = 1; i < settings().count; ++i) {
        if (!pathOf(i, cid, port, name))
            continue;
        unlink(name.sun_path);
        [[maybe_unused]] const int ignored = symlink(target, name.sun_path);
    }
}

void removePaths(uint32_t cid, uint32_t port) {
    const int error = errno;
    sockaddr_un own, name;
    if (pathOf(0, cid, port, own) && !isHeld(own.sun_path)) {
        if (cid == anyCid && pathOf(0, localCid, port, name))
            unlink(name.sun_path);
        for (size_t i = cid == localCid ? settings().count : 1; i < settings().count; ++i)
            if (pathOf(i, cid, port, name))
                unlink(name.sun_path);
        unlink(own.sun_path);
    }
    errno = error;
}

} // namespace nitroscope::preload
