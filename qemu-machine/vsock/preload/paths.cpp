// SPDX-License-Identifier: GPL-2.0-or-later
#include "qemu-machine/vsock/preload/paths.hpp"

#include "qemu-machine/vsock/preload/settings.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <unistd.h>

namespace nitroscope::preload {

bool somebodyListens(const char *path) {
    FILE *list = std::fopen("/proc/net/unix", "re");
    if (list == nullptr)
        return true;
    char line[512];
    bool found = false;
    while (!found && std::fgets(line, sizeof line, list) != nullptr) {
        unsigned flags = 0;
        int at = 0;
        // Num: RefCount Protocol Flags Type St Inode Path; __SO_ACCEPTCON is 0x10000.
        if (std::sscanf(line, "%*s %*x %*x %x %*x %*x %*u %n", &flags, &at) != 1 || at == 0)
            continue;
        line[std::strcspn(line, "\n")] = 0;
        found = (flags & 0x10000) != 0 && std::strcmp(line + at, path) == 0;
    }
    std::fclose(list);
    return found;
}

void linkOthers(const char *suffix, const char *target) {
    const Settings &all = settings();
    for (size_t i = 1; i < all.count; ++i) {
        sockaddr_un name;
        if (!makeName(all.enclaves[i], suffix, name))
            continue;
        unlink(name.sun_path);
        [[maybe_unused]] const int ignored = symlink(target, name.sun_path);
    }
}

void removePaths(uint32_t port) {
    const int error = errno;
    char suffix[16];
    portSuffix(port, suffix);
    const Settings &all = settings();
    for (size_t i = 0; i < all.count; ++i) {
        sockaddr_un name;
        if (!makeName(all.enclaves[i], suffix, name))
            continue;
        if (i == 0 && somebodyListens(name.sun_path))
            break;
        unlink(name.sun_path);
    }
    errno = error;
}

} // namespace nitroscope::preload
