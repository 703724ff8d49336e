// SPDX-License-Identifier: GPL-2.0-or-later
//
// Whether what a user says about vsock makes sense, before anything is started: for the command line's
// options and the window's launch options alike. Routes are judged by the machine's own parser.
#pragma once

#include "app/core/result.hpp"
#include "app/session/launch/launch_spec.hpp"

namespace nitroscope::app {

inline constexpr quint64 leastEnclaveCid = 4, mostEnclaveCid = 0xfffffffe;
inline constexpr quint32 mostHeartbeatDelay = 999'999'999; // milliseconds

// Error vsock-route: not PORT=ROUTE (qemu-machine/vsock/host/route.hpp), or a port that another route has.
Result<void> checkVsockRoutes(const QStringList &routes);
// Error vsock-path: a Unix socket's name does not take it, or PATH_PORT, the names of what the enclave dials.
Result<void> checkVsockPath(const QString &path);
// All of it; also errors vsock-cid, vsock-heartbeat.
Result<void> checkVsockOptions(const VsockOptions &options);

} // namespace nitroscope::app
