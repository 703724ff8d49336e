// SPDX-License-Identifier: GPL-2.0-or-later
//
// The request names a guest can send, indexed by NsmRequestKind. See nsm_protocol.h for the other names.
#pragma once

#include "nsm-device/core/nsm_protocol.h"

#include <span>

namespace nitroscope::nsm {

std::span<const char *const> knownRequestNames();

} // namespace nitroscope::nsm
