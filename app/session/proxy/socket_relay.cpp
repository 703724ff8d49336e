// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/session/proxy/socket_relay.hpp"

#include <cerrno>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

namespace nitroscope::app {
namespace {

constexpr qsizetype chunk = 64 * 1024;

bool isTransient(int error) {
    return error == EAGAIN || error == EINTR;
}

} // namespace

UniqueFd &UniqueFd::operator=(UniqueFd &&other) noexcept {
    if (this != &other) {
        if (m_fd >= 0)
            ::close(m_fd);
        m_fd = other.release();
    }
    return *this;
}

UniqueFd::~UniqueFd() {
    if (m_fd >= 0)
        ::close(m_fd);
}

int UniqueFd::release() {
    return std::exchange(m_fd, -1);
}

SocketRelay::SocketRelay(UniqueFd a, UniqueFd b, QObject *parent)
    : QObject(parent), m_fds{std::move(a), std::move(b)} {
    for (int end = 0; end < 2; ++end) {
        const int fd = m_fds[size_t(end)].get();
        fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
        m_readers[size_t(end)] = new QSocketNotifier(fd, QSocketNotifier::Read, this);
        m_writers[size_t(end)] = new QSocketNotifier(fd, QSocketNotifier::Write, this);
        connect(m_readers[size_t(end)], &QSocketNotifier::activated, this, [this, end] { readFrom(end); });
        connect(m_writers[size_t(end)], &QSocketNotifier::activated, this, [this, end] { writeTo(1 - end); });
    }
    update();
}

SocketRelay::~SocketRelay() {
    // Before the descriptors that they watch.
    for (QSocketNotifier *notifier : {m_readers[0], m_readers[1], m_writers[0], m_writers[1]})
        delete notifier;
}

void SocketRelay::readFrom(int end) {
    Way &way = m_ways[size_t(end)];
    if (m_isFinished || way.ended || !way.pending.isEmpty())
        return update();
    way.pending.resize(chunk);
    const ssize_t got = recv(m_fds[size_t(end)].get(), way.pending.data(), chunk, 0);
    const int error = errno;
    way.pending.resize(qMax<ssize_t>(got, 0));
    if (got < 0 && !isTransient(error))
        return breakOff();
    way.bytes += quint64(qMax<ssize_t>(got, 0));
    way.ended = got == 0;
    writeTo(end);
}

// Passes on what `from` has sent.
void SocketRelay::writeTo(int from) {
    Way &way = m_ways[size_t(from)];
    const int fd = m_fds[size_t(1 - from)].get();
    if (m_isFinished)
        return;
    if (!way.pending.isEmpty()) {
        const ssize_t sent = ::send(fd, way.pending.constData() + way.done,
                                    size_t(way.pending.size() - way.done), MSG_NOSIGNAL);
        if (sent < 0 && !isTransient(errno))
            return breakOff();
        way.done += qMax<ssize_t>(sent, 0);
        if (way.done == way.pending.size()) {
            way.pending.clear();
            way.done = 0;
        }
    }
    if (way.ended && way.pending.isEmpty() && !std::exchange(way.passedOn, true))
        shutdown(fd, SHUT_WR);
    update();
}

void SocketRelay::update() {
    for (size_t end = 0; end < 2; ++end) {
        m_readers[end]->setEnabled(!m_isFinished && !m_ways[end].ended && m_ways[end].pending.isEmpty());
        m_writers[1 - end]->setEnabled(!m_isFinished && !m_ways[end].pending.isEmpty());
    }
    if (!m_isFinished && m_ways[0].passedOn && m_ways[1].passedOn) {
        m_isFinished = true;
        emit finished();
    }
}

// TCP sends RST when it is closed like this, so that the other end does not take a part for the whole.
void SocketRelay::breakOff() {
    m_isFinished = true;
    const linger atOnce{1, 0};
    for (const UniqueFd &fd : m_fds)
        setsockopt(fd.get(), SOL_SOCKET, SO_LINGER, &atOnce, sizeof atOnce);
    update();
    emit finished();
}

} // namespace nitroscope::app
