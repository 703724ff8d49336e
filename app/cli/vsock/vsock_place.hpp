// SPDX-License-Identifier: GPL-2.0-or-later
//
// Where the enclave is: the hybrid vsock socket of a run, given or found.
#pragma once

#include "app/session/registry/vsock_places.hpp"

#include <string>

namespace nitroscope::cli {

struct VsockChoice {
    std::string path; // --vsock
    quint64 cid = 0;  // --cid; 0 = not said
};

// A path that is given is taken as it is, with CID 16 unless another is given. Otherwise the enclave with
// that CID, or the one that runs. Errors: vsock-none, vsock-several (the message lists them).
app::Result<app::VsockPlace> locateVsock(const VsockChoice &choice);

} // namespace nitroscope::cli
