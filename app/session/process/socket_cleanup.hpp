// SPDX-License-Identifier: GPL-2.0-or-later
//
// Sockets that a machine has made outside its runtime folder. It removes them itself when it ends; when it
// was killed or has crashed, we do. Only those that were noted while it ran, and never one that somebody
// lives at or has made since.
#pragma once

#include "app/session/launch/launch_spec.hpp"
#include "qemu-machine/vsock/sockets/socket_file.hpp"

#include <vector>

namespace nitroscope::app {

class SocketCleanup {
public:
    SocketCleanup() = default;
    ~SocketCleanup() { clean(); }
    SocketCleanup(const SocketCleanup &) = delete;
    SocketCleanup &operator=(const SocketCleanup &) = delete;

    // Which sockets these options have made the machine make: it runs now.
    void note(const VsockOptions &options);
    // The machine is gone.
    void clean();

private:
    std::vector<vsock::SocketFile> m_files;
};

} // namespace nitroscope::app
