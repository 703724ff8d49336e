// SPDX-License-Identifier: GPL-2.0-or-later
//
// Where the enclave is: the hybrid vsock socket of a run, given or found.
#pragma once

#include "app/core/result.hpp"

namespace nitroscope::cli {

// `given` when it is not empty; otherwise the socket of the one enclave of this user that runs. Errors:
// vsock-none, vsock-several (the message lists them).
app::Result<QString> locateVsock(const QString &given);

} // namespace nitroscope::cli
