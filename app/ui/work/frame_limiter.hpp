// SPDX-License-Identifier: GPL-2.0-or-later
//
// Does something at once when it has not been done for a while, and otherwise as soon as that while is over:
// what is shown follows each single step, but a thousand steps a second are shown forty times a second.
#pragma once

#include <functional>
#include <QElapsedTimer>
#include <QTimer>

namespace nitroscope::app {

class FrameLimiter {
public:
    static constexpr int milliseconds = 25;

    explicit FrameLimiter(std::function<void()> due) : m_due(std::move(due)) {
        m_timer.setSingleShot(true);
        QObject::connect(&m_timer, &QTimer::timeout, &m_timer, [this] { run(); });
    }

    void request() {
        if (m_timer.isActive())
            return;
        const qint64 since = m_since.isValid() ? m_since.elapsed() : milliseconds;
        if (since >= milliseconds)
            run();
        else
            m_timer.start(static_cast<int>(milliseconds - since));
    }
    bool isPending() const { return m_timer.isActive(); }

private:
    void run() {
        m_due();
        m_since.start();
    }

    std::function<void()> m_due;
    QTimer m_timer;
    QElapsedTimer m_since;
};

} // namespace nitroscope::app
