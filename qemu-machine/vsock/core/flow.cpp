// SPDX-License-Identifier: GPL-2.0-or-later
#include "qemu-machine/vsock/core/flow.hpp"

#include "qemu-machine/vsock/core/device.hpp"

namespace nitroscope::vsock {

void Flow::mark(bool &flag) {
    flag = true;
    device.marked(*this);
}

void Flow::failed(Reason why) {
    m_failure = why;
    device.marked(*this);
}

void Flow::gone(Reason why) {
    // A reset is the stronger news.
    if (m_gone != Reason::hostReset)
        m_gone = why;
    device.marked(*this);
}

} // namespace nitroscope::vsock
