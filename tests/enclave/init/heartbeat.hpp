// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

namespace nitroscope::demo {

// Tells the parent that the enclave lives, as AWS's init does: one byte 0xB7 to CID 3, port 9000, which must
// come back. "answered", or what went wrong; AWS's init ends the enclave then, this one goes on.
std::string sendHeartbeat();

} // namespace nitroscope::demo
