// SPDX-License-Identifier: GPL-2.0-or-later
//
// The flows of a recorded run as they were at a moment of it.
#pragma once

#include "app/session/account/instruction_index.hpp"
#include "app/session/vsock/vsock_records.hpp"

namespace nitroscope::app {

// One for each flow of the account, in its order: what had been sent by then, and whether it was connecting, open or over. One
// that begins later has sent nothing and connects.
std::vector<VsockFlow> flowsAt(const VsockAccount &account, const RunMoment &moment);

} // namespace nitroscope::app
