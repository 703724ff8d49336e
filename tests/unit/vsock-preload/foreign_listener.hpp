// SPDX-License-Identifier: GPL-2.0-or-later
//
// A Unix socket that another user listens at, as in a folder where everybody may make files: who connects learns
// the listener's user. Only the administrator can play another user.
#pragma once

#include <cstring>
#include <string>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace nitroscope::vsock::test {

inline bool canBeAnotherUser() {
    return geteuid() == 0;
}

class ForeignListener {
public:
    explicit ForeignListener(const std::string &path, int type = SOCK_STREAM)
        : m_path(path), m_fd(::socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
        sockaddr_un name{};
        name.sun_family = AF_UNIX;
        path.copy(name.sun_path, sizeof name.sun_path - 1);
        constexpr uid_t nobody = 65534;
        m_isListening = ::bind(m_fd, reinterpret_cast<sockaddr *>(&name), sizeof name) == 0 &&
                        seteuid(nobody) == 0 && ::listen(m_fd, 8) == 0 && seteuid(0) == 0;
    }
    ~ForeignListener() {
        ::close(m_fd);
        ::unlink(m_path.c_str());
    }
    ForeignListener(const ForeignListener &) = delete;
    ForeignListener &operator=(const ForeignListener &) = delete;

    bool isListening() const { return m_isListening; }
    // What the first caller has said so far; empty when it has said nothing.
    std::string heard() const {
        std::string text(256, '\0');
        const int caller = ::accept(m_fd, nullptr, nullptr);
        const ssize_t count = caller < 0 ? 0 : ::recv(caller, text.data(), text.size(), MSG_DONTWAIT);
        if (caller >= 0)
            ::close(caller);
        text.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
        return text;
    }

private:
    std::string m_path;
    int m_fd;
    bool m_isListening = false;
};

} // namespace nitroscope::vsock::test
