// SPDX-License-Identifier: GPL-2.0-or-later
#include "qemu-machine/vsock/supervise/known_sockets.hpp"

#include "qemu-machine/vsock/preload/paths.hpp"

#include <algorithm>
#include <cstdio>
#include <unordered_set>

namespace nitroscope::supervise {
namespace {

using preload::Slot;
using preload::State;

bool hasPath(const Slot &slot) {
    return slot.state.load() == State::bound || slot.state.load() == State::listening;
}

// Inodes of all Unix sockets, as the kernel lists them; empty when it does not.
std::unordered_set<std::uint64_t> livingSockets() {
    std::unordered_set<std::uint64_t> living;
    const std::unique_ptr<FILE, int (*)(FILE *)> list(std::fopen("/proc/net/unix", "re"), &std::fclose);
    char line[512];
    while (list && std::fgets(line, sizeof line, list.get()) != nullptr) {
        unsigned long long inode = 0;
        if (std::sscanf(line, "%*[^:]: %*s %*s %*s %*s %*s %llu", &inode) == 1)
            living.insert(inode);
    }
    return living;
}

} // namespace

void KnownSockets::remember(const Slot &slot) {
    const std::lock_guard lock(m_mutex);
    auto &known = m_slots[slot.inode.load()];
    if (!known)
        known = std::make_unique<Slot>();
    known->copyFrom(slot);
    if (m_slots.size() > m_roomy)
        forgetEnded();
}

bool KnownSockets::recall(Slot &slot) {
    const std::lock_guard lock(m_mutex);
    const auto known = m_slots.find(slot.inode.load());
    if (known == m_slots.end())
        return false;
    slot.copyFrom(*known->second);
    return true;
}

bool KnownSockets::isAnyOpen() {
    const std::lock_guard lock(m_mutex);
    const auto living = livingSockets();
    return std::any_of(m_slots.begin(), m_slots.end(), [&](const auto &known) {
        return hasPath(*known.second) && living.contains(known.first);
    });
}

void KnownSockets::removePaths() {
    const std::lock_guard lock(m_mutex);
    for (const auto &[inode, slot] : m_slots)
        if (hasPath(*slot))
            preload::removePaths(slot->localCid, slot->localPort);
}

// Programs close their sockets without a word to us.
void KnownSockets::forgetEnded() {
    const auto living = livingSockets();
    for (auto one = m_slots.begin(); !living.empty() && one != m_slots.end();) {
        if (living.contains(one->first)) {
            ++one;
            continue;
        }
        if (hasPath(*one->second))
            preload::removePaths(one->second->localCid, one->second->localPort);
        one = m_slots.erase(one);
    }
    m_roomy = 2 * m_slots.size() + 1024;
}

} // namespace nitroscope::supervise
