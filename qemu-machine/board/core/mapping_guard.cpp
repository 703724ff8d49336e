// SPDX-License-Identifier: GPL-2.0-or-later
//
// See mapping_guard.hpp. The handler uses only lock-free atomics and system calls; mmap() is not on POSIX's
// list of functions for handlers, but on Linux it is a bare system call, as it is in every run-time that
// handles faults this way.

#include "qemu-machine/board/core/mapping_guard.hpp"

#include <array>
#include <atomic>
#include <csignal>
#include <mutex>
#include <sys/mman.h>
#include <unistd.h>
#include <utility>

namespace nitroscope::launch {

namespace {

constexpr uint64_t nothingLost = UINT64_MAX;

struct Slot {
    std::atomic<bool> taken = false;
    std::atomic<uintptr_t> begin = 0, end = 0; // end is 0 while the slot guards nothing
    std::atomic<uint64_t> lost = nothingLost;
};
static_assert(std::atomic<uintptr_t>::is_always_lock_free && std::atomic<uint64_t>::is_always_lock_free);

std::array<Slot, 64> slots;
struct sigaction previous;
uintptr_t pageBytes = 4096;

/// True when the address was ours and can now be read.
bool replaceLostPages(uintptr_t address) {
    for (Slot &slot : slots) {
        const uintptr_t begin = slot.begin, end = slot.end;
        if (address < begin || address >= end)
            continue;
        const uintptr_t page = address & ~(pageBytes - 1);
        uint64_t seen = slot.lost;
        while (page - begin < seen && !slot.lost.compare_exchange_weak(seen, page - begin)) {
        }
        return ::mmap(reinterpret_cast<void *>(page), end - page, PROT_READ,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1, 0) != MAP_FAILED;
    }
    return false;
}

void handleBusError(int signal, siginfo_t *info, void *context) {
    if (info->si_code == BUS_ADRERR && replaceLostPages(reinterpret_cast<uintptr_t>(info->si_addr)))
        return;
    if ((previous.sa_flags & SA_SIGINFO) != 0 && previous.sa_sigaction)
        previous.sa_sigaction(signal, info, context);
    else if (previous.sa_handler != SIG_DFL && previous.sa_handler != SIG_IGN)
        previous.sa_handler(signal);
    else
        ::signal(signal,
                 SIG_DFL); // the access is repeated and ends the process, with a core dump where wanted
}

void install() {
    pageBytes = static_cast<uintptr_t>(::sysconf(_SC_PAGESIZE));
    struct sigaction action = {};
    action.sa_sigaction = handleBusError;
    action.sa_flags = SA_SIGINFO;
    sigemptyset(&action.sa_mask);
    ::sigaction(SIGBUS, &action, &previous);
}

} // namespace

MappingGuard::MappingGuard(std::span<const std::byte> range) {
    static std::once_flag installed;
    std::call_once(installed, install);
    for (size_t i = 0; i < slots.size(); ++i) {
        Slot &slot = slots[i];
        if (slot.taken.exchange(true))
            continue;
        slot.lost = nothingLost;
        slot.begin = reinterpret_cast<uintptr_t>(range.data());
        slot.end = slot.begin + range.size();
        m_slot = static_cast<int>(i);
        return;
    }
}

MappingGuard::MappingGuard(MappingGuard &&other) noexcept : m_slot(std::exchange(other.m_slot, -1)) {}

MappingGuard &MappingGuard::operator=(MappingGuard &&other) noexcept {
    std::swap(m_slot, other.m_slot);
    return *this;
}

MappingGuard::~MappingGuard() {
    if (m_slot < 0)
        return;
    slots[static_cast<size_t>(m_slot)].end = 0;
    slots[static_cast<size_t>(m_slot)].taken = false;
}

std::optional<uint64_t> MappingGuard::lostFrom() const {
    const uint64_t lost = m_slot < 0 ? nothingLost : slots[static_cast<size_t>(m_slot)].lost.load();
    return lost == nothingLost ? std::nullopt : std::optional(lost);
}

} // namespace nitroscope::launch
