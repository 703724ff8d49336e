// SPDX-License-Identifier: GPL-2.0-or-later
//
// Whose the other end of a TCP connection on this computer is. TCP has nothing like SO_PEERCRED, but the kernel lists
// both ends of such a connection with their users (Linux, Documentation/networking/proc_net_tcp.rst).
#pragma once

#include <optional>
#include <QByteArrayView>
#include <sys/types.h>

namespace nitroscope::app {

// Both ports at 127.0.0.1. Nothing when the list has no such connection: it is gone, or comes from elsewhere.
std::optional<uid_t> userOfLoopbackPeer(quint16 peerPort, quint16 ourPort);
// The same of a list that was read before: its text, numbers in hexadecimal and addresses in the processor's byte order.
std::optional<uid_t> userOfLoopbackPeer(QByteArrayView list, quint16 peerPort, quint16 ourPort);

} // namespace nitroscope::app
