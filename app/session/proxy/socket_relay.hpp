// SPDX-License-Identifier: GPL-2.0-or-later
//
// Two connected stream sockets made one: what comes from either goes to the other, the end of one's data is
// passed on while the other direction goes on, and a broken end breaks the other. Plain descriptors, because
// Qt's sockets cannot close one direction.
#pragma once

#include <array>
#include <functional>
#include <QByteArray>
#include <QObject>
#include <QSocketNotifier>

namespace nitroscope::app {

// Owns a descriptor.
class UniqueFd {
public:
    explicit UniqueFd(int fd = -1) : m_fd(fd) {}
    UniqueFd(UniqueFd &&other) noexcept : m_fd(other.release()) {}
    UniqueFd &operator=(UniqueFd &&other) noexcept;
    ~UniqueFd();
    int get() const { return m_fd; }
    int release();
    explicit operator bool() const { return m_fd >= 0; }

private:
    int m_fd;
};

class SocketRelay : public QObject {
    Q_OBJECT
public:
    // Both are made non-blocking.
    SocketRelay(UniqueFd a, UniqueFd b, QObject *parent = nullptr);
    ~SocketRelay() override;

    quint64 bytes(int from) const { return m_ways[size_t(from)].bytes; } // taken from end 0 or 1 so far

signals:
    void finished(); // both directions have ended, or one end broke; once

private:
    // One direction: from the end of the same number to the other one.
    struct Way {
        QByteArray pending;
        qsizetype done = 0; // of `pending`
        quint64 bytes = 0;
        bool ended = false, passedOn = false;
    };
    void readFrom(int end);
    void writeTo(int end);
    void update();
    void breakOff();

    std::array<UniqueFd, 2> m_fds;
    std::array<Way, 2> m_ways;
    std::array<QSocketNotifier *, 2> m_readers{}, m_writers{};
    bool m_isFinished = false;
};

} // namespace nitroscope::app
