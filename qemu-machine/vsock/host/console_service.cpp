// SPDX-License-Identifier: GPL-2.0-or-later
#include "qemu-machine/vsock/host/console_service.hpp"

#include <algorithm>
#include <array>
#include <cerrno>

namespace nitroscope::vsock {
namespace {

constexpr size_t readerLimit = 16;

} // namespace

std::string_view ConsoleService::from(std::uint64_t &position) const {
    const std::uint64_t end = m_base + m_recent.size();
    const std::uint64_t oldest = end - std::min<std::uint64_t>(m_recent.size(), consoleBacklog);
    position = std::max(position, oldest);
    return std::string_view(m_recent).substr(static_cast<size_t>(position - m_base));
}

bool ConsoleService::add(WatchedFd fd, std::string greeting) {
    if (m_readers.size() >= readerLimit)
        return false;
    const auto reader = m_readers.insert(m_readers.end(), Reader{std::move(fd), std::move(greeting), 0});
    reader->fd.watch([this, reader](Readiness ready) {
        bool isThere = true;
        if (ready.read) {
            std::array<char, 512> ignored;
            const ssize_t got = recv(reader->fd.get(), ignored.data(), ignored.size(), MSG_DONTWAIT);
            isThere = got > 0 || (got < 0 && (errno == EAGAIN || errno == EINTR));
        }
        if (!isThere || (ready.write && !send(*reader)))
            m_readers.erase(reader);
    });
    reader->fd.setInterest({true, true});
    return true;
}

void ConsoleService::output(std::string_view bytes) {
    m_recent.append(bytes);
    if (m_recent.size() > 2 * consoleBacklog) {
        const size_t surplus = m_recent.size() - consoleBacklog;
        m_recent.erase(0, surplus);
        m_base += surplus;
    }
    for (Reader &reader : m_readers)
        reader.fd.setInterest({true, true});
}

bool ConsoleService::send(Reader &reader) {
    const bool greets = !reader.greeting.empty();
    const std::string_view bytes = greets ? std::string_view(reader.greeting) : from(reader.at);
    if (bytes.empty()) {
        reader.fd.setInterest({true, false});
        return true;
    }
    const ssize_t sent = ::send(reader.fd.get(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0)
        return errno == EAGAIN || errno == EINTR;
    if (greets)
        reader.greeting.erase(0, static_cast<size_t>(sent));
    else
        reader.at += static_cast<std::uint64_t>(sent);
    return true;
}

} // namespace nitroscope::vsock
