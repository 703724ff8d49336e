// SPDX-License-Identifier: GPL-2.0-or-later
//
// Checks of the launch options that lead to sockets, before anything is started. Routes are judged by the
// machine's own parser.
#pragma once

#include "app/core/result.hpp"

#include <QStringList>

namespace nitroscope::app {

// Error vsock-route: not PORT=ROUTE (qemu-machine/vsock/host/route.hpp), or a port that another route has.
Result<void> checkVsockRoutes(const QStringList &routes);
// Error vsock-path: a Unix socket's name does not take it, or PATH_PORT, the names of what the enclave dials.
Result<void> checkVsockPath(const QString &path);

} // namespace nitroscope::app
