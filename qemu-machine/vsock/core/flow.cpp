// SPDX-License-Identifier: GPL-2.0-or-later
#include "qemu-machine/vsock/core/flow.hpp"

namespace nitroscope::vsock {

void Flow::mark(bool &flag) {
    flag = true;
    owner.marked(*this);
}

void Flow::failed(Reason why) {
    m_failure = why;
    owner.marked(*this);
}

void Flow::gone(Reason why) {
    // A reset is the stronger news.
    if (m_gone != Reason::hostReset)
        m_gone = why;
    owner.marked(*this);
}

} // namespace nitroscope::vsock
