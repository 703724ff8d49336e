// SPDX-License-Identifier: GPL-2.0-or-later
//
// CIDs of enclaves: the range, and the one of an enclave that did not ask for any. The registry of detached enclaves and the notes of all runs
// each look at the other's CIDs, and both choose by this.
#pragma once

#include "qemu-machine/vsock/protocol/vsock_protocol.h"

#include <QtGlobal>

namespace nitroscope::app {

inline constexpr quint64 minEnclaveCid = VSOCK_CID_FIRST_GUEST, maxEnclaveCid = VSOCK_CID_LAST,
                         firstEnclaveCid = VSOCK_CID_DEFAULT_GUEST;

// The first from the last of these on that is not taken; `taken` has contains().
template <class Taken>
quint64 firstFreeCid(const Taken &taken) {
    quint64 cid = firstEnclaveCid;
    while (taken.contains(cid))
        ++cid;
    return cid;
}

} // namespace nitroscope::app
