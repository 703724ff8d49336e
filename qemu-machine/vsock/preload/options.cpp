// SPDX-License-Identifier: GPL-2.0-or-later
#include "qemu-machine/vsock/preload/options.hpp"

#include "qemu-machine/vsock/preload/polling.hpp"
#include "qemu-machine/vsock/preload/progress.hpp"

#include <cerrno>
#include <cstring>
#include <sys/ioctl.h>
#include <sys/time.h>

// Newer than some kernels' headers.
#ifndef SO_VM_SOCKETS_CONNECT_TIMEOUT_OLD
#define SO_VM_SOCKETS_CONNECT_TIMEOUT_OLD SO_VM_SOCKETS_CONNECT_TIMEOUT
#endif
#ifndef SO_VM_SOCKETS_CONNECT_TIMEOUT_NEW
#define SO_VM_SOCKETS_CONNECT_TIMEOUT_NEW 8
#endif

namespace nitroscope::preload {
namespace {

int failWith(int error) {
    errno = error;
    return -1;
}

template <class Value>
int give(const Value &answer, void *value, socklen_t *length) {
    if (value == nullptr || length == nullptr)
        return failWith(EFAULT);
    if (static_cast<int>(*length) < static_cast<int>(sizeof answer))
        return failWith(EINVAL);
    std::memcpy(value, &answer, sizeof answer);
    *length = sizeof answer;
    return 0;
}

// As options that all sockets have are given: cut to `length`.
template <class Value>
int giveGeneral(const Value &answer, void *value, socklen_t *length) {
    if (value == nullptr || length == nullptr)
        return failWith(EFAULT);
    if (static_cast<int>(*length) < 0)
        return failWith(EINVAL);
    if (*length > sizeof answer)
        *length = sizeof answer;
    std::memcpy(value, &answer, *length);
    return 0;
}

// Milliseconds, rounded up as the kernel rounds to its ticks; negative: no time at all.
int64_t timevalMs(const void *value) {
    timeval time;
    std::memcpy(&time, value, sizeof time);
    if (time.tv_sec < 0 || time.tv_usec < 0 || time.tv_usec >= 1'000'000)
        return -1;
    if (time.tv_sec >= UINT32_MAX / 1000)
        return UINT32_MAX;
    return int64_t{time.tv_sec} * 1000 + (time.tv_usec + 999) / 1000;
}

// As the kernel: what is set last stays within the limits, or moves them.
void setBuffer(Slot &slot, int name, uint64_t bytes) {
    if (name == SO_VM_SOCKETS_BUFFER_MIN_SIZE)
        slot.bufferMin = bytes;
    else if (name == SO_VM_SOCKETS_BUFFER_MAX_SIZE)
        slot.bufferMax = bytes;
    uint64_t size = name == SO_VM_SOCKETS_BUFFER_SIZE ? bytes : slot.bufferSize.load();
    if (size < slot.bufferMin)
        size = slot.bufferMin;
    if (size > slot.bufferMax) // also where the two contradict each other
        size = slot.bufferMax;
    slot.bufferSize = size;
}

} // namespace

Answer getOption(int fd, Slot &slot, int level, int name, void *value, socklen_t *length, int &result) {
    if (level == SOL_SOCKET && name == SO_DOMAIN) {
        result = giveGeneral(int{AF_VSOCK}, value, length);
        return Answer::ours;
    }
    if (level == SOL_SOCKET && name == SO_ERROR) {
        settle(fd, slot);
        result = giveGeneral(takeError(fd, slot), value, length);
        return Answer::ours;
    }
    if (level == SOL_SOCKET && name == SO_PEERCRED) {
        result = giveGeneral(ucred{0, uid_t(-1), gid_t(-1)}, value, length);
        return Answer::ours;
    }
    if (level == SOL_SOCKET)
        return Answer::kernels;
    if (level != AF_VSOCK) {
        result = failWith(ENOPROTOOPT);
        return Answer::ours;
    }
    switch (name) {
    case SO_VM_SOCKETS_BUFFER_SIZE:
        result = give(slot.bufferSize.load(), value, length);
        break;
    case SO_VM_SOCKETS_BUFFER_MIN_SIZE:
        result = give(slot.bufferMin.load(), value, length);
        break;
    case SO_VM_SOCKETS_BUFFER_MAX_SIZE:
        result = give(slot.bufferMax.load(), value, length);
        break;
    case SO_VM_SOCKETS_CONNECT_TIMEOUT_OLD:
    case SO_VM_SOCKETS_CONNECT_TIMEOUT_NEW:
        result =
            give(timeval{slot.connectMs / 1000, suseconds_t(slot.connectMs % 1000) * 1000}, value, length);
        break;
    default:
        result = failWith(ENOPROTOOPT);
    }
    return Answer::ours;
}

Answer setOption(Slot &slot, int level, int name, const void *value, socklen_t length, int &result) {
    if (level == SOL_SOCKET && name == SO_RCVLOWAT && value != nullptr && length >= sizeof(int)) {
        int bytes = 0;
        std::memcpy(&bytes, value, sizeof bytes);
        slot.lowWater = static_cast<uint32_t>(bytes < 0 ? INT32_MAX : bytes); // as the kernel has it
        haveLowWater();
    }
    if (level == SOL_SOCKET)
        return Answer::kernels;
    result = 0;
    if (level != AF_VSOCK) {
        result = failWith(ENOPROTOOPT);
        return Answer::ours;
    }
    switch (name) {
    case SO_VM_SOCKETS_BUFFER_SIZE:
    case SO_VM_SOCKETS_BUFFER_MIN_SIZE:
    case SO_VM_SOCKETS_BUFFER_MAX_SIZE: {
        uint64_t bytes = 0;
        if (value == nullptr || length < sizeof bytes) {
            result = failWith(length < sizeof bytes ? EINVAL : EFAULT);
            break;
        }
        std::memcpy(&bytes, value, sizeof bytes);
        setBuffer(slot, name, bytes);
        break;
    }
    case SO_VM_SOCKETS_CONNECT_TIMEOUT_OLD:
    case SO_VM_SOCKETS_CONNECT_TIMEOUT_NEW: {
        if (value == nullptr || length < sizeof(timeval)) {
            result = failWith(length < sizeof(timeval) ? EINVAL : EFAULT);
            break;
        }
        const int64_t ms = timevalMs(value);
        if (ms < 0)
            result = failWith(ERANGE);
        else
            slot.connectMs = ms == 0 ? 2000 : static_cast<uint32_t>(ms);
        break;
    }
    default:
        result = failWith(ENOPROTOOPT);
    }
    return Answer::ours;
}

Answer request(const Slot &slot, unsigned long code, void *argument, int &result) {
    if (slot.state.load() != State::device)
        return Answer::kernels;
    result = failWith(ENOTTY);
    if (code == IOCTL_VM_SOCKETS_GET_LOCAL_CID) {
        const unsigned cid = parentCid;
        if (argument != nullptr)
            std::memcpy(argument, &cid, sizeof cid);
        result = argument != nullptr ? 0 : failWith(EFAULT);
    }
    return Answer::ours;
}

} // namespace nitroscope::preload
