// SPDX-License-Identifier: GPL-2.0-or-later
#include "qemu-machine/vsock/preload/names.hpp"

#include <atomic>
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <unistd.h>

namespace nitroscope::preload {
namespace {

constexpr char prefix[] = "nitroscope-vsock/";
constexpr socklen_t pathAt = offsetof(sockaddr_un, sun_path);

// A name's bytes as text with a final zero; false when it has none.
bool textOf(const sockaddr_un &name, socklen_t length, char (&text)[sizeof name.sun_path + 1]) {
    std::memset(text, 0, sizeof text);
    if (length <= pathAt || length > sizeof name || name.sun_family != AF_UNIX)
        return false;
    std::memcpy(text, name.sun_path, length - pathAt);
    return true;
}

} // namespace

socklen_t makePartyName(const Party &party, sockaddr_un &name) {
    static std::atomic<uint32_t> count{0};
    name = {};
    name.sun_family = AF_UNIX;
    const int length = std::snprintf(name.sun_path + 1, sizeof name.sun_path - 1, "%s%u:%u/%u.%d.%u", prefix,
                                     party.cid, party.port, party.dialled, getpid(), count.fetch_add(1));
    return pathAt + 1 + static_cast<socklen_t>(length);
}

bool readPartyName(const sockaddr_un &name, socklen_t length, Party &party) {
    char text[sizeof name.sun_path + 1];
    if (!textOf(name, length, text) || text[0] != 0 || std::strncmp(text + 1, prefix, sizeof prefix - 1) != 0)
        return false;
    return std::sscanf(text + sizeof prefix, "%u:%u/%u", &party.cid, &party.port, &party.dialled) == 3;
}

bool readPortPath(const sockaddr_un &name, socklen_t length, uint32_t &port, bool &isLocalOnly) {
    char text[sizeof name.sun_path + 1];
    if (!textOf(name, length, text) || text[0] == 0)
        return false;
    const Settings &all = settings();
    for (size_t i = 0; i < all.count; ++i) {
        const size_t size = std::strlen(all.enclaves[i].path);
        if (std::strncmp(text, all.enclaves[i].path, size) != 0)
            continue;
        int end = 0;
        isLocalOnly = std::sscanf(text + size, "_1_%u%n", &port, &end) == 1 && text[size + end] == 0;
        if (isLocalOnly || (std::sscanf(text + size, "_%u%n", &port, &end) == 1 && text[size + end] == 0))
            return true;
    }
    return false;
}

void portSuffix(uint32_t cid, uint32_t port, char (&suffix)[16]) {
    std::snprintf(suffix, sizeof suffix, cid == localCid ? "_1_%u" : "_%u", port);
}

} // namespace nitroscope::preload
