// SPDX-License-Identifier: GPL-2.0-or-later
//
// The lock under which this user's machines make and remove sockets, so that none takes a name away that another one
// has just made. It lies where only this user can reach it: a lock on the sockets' own folder, /tmp perhaps, could be
// held by anybody who may look into the folder.
#pragma once

#include <optional>
#include <string>
#include <utility>

namespace nitroscope::vsock {

class SocketLock {
public:
    // Others hold it for milliseconds. Nothing, and a sentence in `problem`, when one holds it for much longer or there is
    // no place for it.
    static std::optional<SocketLock> take(std::string &problem);

    SocketLock(SocketLock &&other) noexcept : m_descriptor(std::exchange(other.m_descriptor, -1)) {}
    SocketLock &operator=(SocketLock &&other) = delete;
    ~SocketLock();

private:
    explicit SocketLock(int descriptor) : m_descriptor(descriptor) {}
    int m_descriptor;
};

} // namespace nitroscope::vsock
