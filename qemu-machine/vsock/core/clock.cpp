// SPDX-License-Identifier: GPL-2.0-or-later
#include "qemu-machine/vsock/core/clock.hpp"

#include <algorithm>

namespace nitroscope::vsock {

TimerId Timers::start(std::int64_t delay, std::function<void()> action) {
    const TimerId id = ++m_last;
    const std::int64_t due = m_clock.now() + std::max<std::int64_t>(delay, 0);
    const auto added = m_byTime.emplace(Key{due, id}, std::move(action)).first;
    try {
        m_due.emplace(id, due);
    } catch (...) {
        m_byTime.erase(added); // what cannot be cancelled must not run
        throw;
    }
    rearm();
    return id;
}

void Timers::cancel(TimerId id) {
    const auto found = m_due.find(id);
    if (found == m_due.end())
        return;
    m_byTime.erase({found->second, id});
    m_due.erase(found);
    rearm();
}

void Timers::clear() {
    m_byTime.clear();
    m_due.clear();
    rearm();
}

void Timers::run() {
    m_armed = false; // the alarm has gone off, or somebody came earlier and it is set anew at the end
    struct Rearm {
        Timers &timers;
        ~Rearm() { timers.rearm(); } // also when an action throws
    } const rearmed{*this};
    // Only what was started before this run: a timer of zero length waits for the next one.
    const TimerId last = m_last;
    const std::int64_t now = m_clock.now();
    auto next = m_byTime.begin();
    while (next != m_byTime.end() && next->first.first <= now) {
        if (next->first.second > last) {
            ++next;
            continue;
        }
        const std::function<void()> action = std::move(next->second);
        m_due.erase(next->first.second);
        m_byTime.erase(next);
        action();
        next = m_byTime.begin();
    }
}

void Timers::rearm() {
    if (m_byTime.empty()) {
        if (m_armed)
            m_clock.clearAlarm();
        m_armed = false;
        return;
    }
    const std::int64_t due = m_byTime.begin()->first.first;
    if (m_armed && due == m_alarm)
        return;
    m_alarm = due;
    m_armed = true;
    m_clock.setAlarm(due);
}

} // namespace nitroscope::vsock
