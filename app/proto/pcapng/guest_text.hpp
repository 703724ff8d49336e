// SPDX-License-Identifier: GPL-2.0-or-later
//
// What our own plugins report, as a programmer would write it: `openat(0xffffff9c, "/etc/motd", …)`,
// `read = 42`, `first call of start_kernel`.
#pragma once

#include "app/proto/pcapng/record.hpp"

namespace nitroscope::pcapng {

// Nothing for a kind that is not ours, or one of ours without what it must have.
std::optional<QString> guestText(const GuestRecord &guest);

} // namespace nitroscope::pcapng
