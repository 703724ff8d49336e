// SPDX-License-Identifier: GPL-2.0-or-later
//
// Socket options and requests that AF_VSOCK has and Unix sockets do not, or answer otherwise. See vsock(7).
#pragma once

#include "qemu-machine/vsock/preload/table.hpp"

namespace nitroscope::preload {

enum class Answer { ours, kernels };

// `ours`: `result` is what the call returns, errno is set. `kernels`: let the Unix socket answer.
Answer getOption(int fd, Slot &slot, int level, int name, void *value, socklen_t *length, int &result);
Answer setOption(Slot &slot, int level, int name, const void *value, socklen_t length, int &result);
Answer request(const Slot &slot, unsigned long code, void *argument, int &result);

} // namespace nitroscope::preload
