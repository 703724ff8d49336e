// SPDX-License-Identifier: GPL-2.0-or-later
#include "qemu-machine/vsock/preload/options.hpp"

#include "qemu-machine/vsock/preload/polling.hpp"

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
    const socklen_t count = *length < sizeof answer ? *length : sizeof answer;
    std::memcpy(value, &answer, count);
    *length = count;
    return 0;
}

int64_t timevalMs(const void *value) {
    timeval time;
    std::memcpy(&time, value, sizeof time);
    return int64_t{time.tv_sec} * 1000 + time.tv_usec / 1000;
}

// As the kernel: what is set last stays within the limits, or moves them.
void setBuffer(Slot &slot, int name, uint64_t bytes) {
    if (name == SO_VM_SOCKETS_BUFFER_MIN_SIZE)
        slot.bufferMin = bytes;
    else if (name == SO_VM_SOCKETS_BUFFER_MAX_SIZE)
        slot.bufferMax = bytes;
    uint64_t size = name == SO_VM_SOCKETS_BUFFER_SIZE ? bytes : slot.bufferSize.load();
    if (size > slot.bufferMax)
        size = slot.bufferMax;
    if (size < slot.bufferMin)
        size = slot.bufferMin;
    slot.bufferSize = size;
}

} // namespace

Answer getOption(const Slot &slot, int level, int name, void *value, socklen_t *length, int &result) {
    if (level == SOL_SOCKET && name == SO_DOMAIN) {
        result = give(int{AF_VSOCK}, value, length);
        return Answer::ours;
    }
    if (level != AF_VSOCK)
        return Answer::kernels;
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
    if (level != AF_VSOCK)
        return Answer::kernels;
    result = 0;
    switch (name) {
    case SO_VM_SOCKETS_BUFFER_SIZE:
    case SO_VM_SOCKETS_BUFFER_MIN_SIZE:
    case SO_VM_SOCKETS_BUFFER_MAX_SIZE: {
        uint64_t bytes = 0;
        if (value == nullptr || length < sizeof bytes) {
            result = failWith(EINVAL);
            break;
        }
        std::memcpy(&bytes, value, sizeof bytes);
        setBuffer(slot, name, bytes);
        break;
    }
    case SO_VM_SOCKETS_CONNECT_TIMEOUT_OLD:
    case SO_VM_SOCKETS_CONNECT_TIMEOUT_NEW: {
        if (value == nullptr || length < sizeof(timeval)) {
            result = failWith(EINVAL);
            break;
        }
        const int64_t ms = timevalMs(value);
        if (ms < 0 || ms > INT32_MAX)
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
    if (code == IOCTL_VM_SOCKETS_GET_LOCAL_CID) {
        const unsigned cid = parentCid;
        if (argument != nullptr)
            std::memcpy(argument, &cid, sizeof cid);
        result = argument != nullptr ? 0 : failWith(EFAULT);
        return Answer::ours;
    }
    if (slot.state.load() == State::device) {
        result = failWith(ENOTTY);
        return Answer::ours;
    }
    return Answer::kernels;
}

} // namespace nitroscope::preload
