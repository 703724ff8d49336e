// SPDX-License-Identifier: GPL-2.0-or-later
//
// Time for the vsock core and the host side. The device gives the guest's virtual clock, which holds still
// while the machine is stopped; tests give a clock that they move by hand. One alarm of the clock serves all
// timers.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <utility>

namespace nitroscope::vsock {

constexpr std::int64_t nanosecondsPerMillisecond = 1'000'000;

class Clock {
public:
    virtual ~Clock() = default;
    virtual std::int64_t now() const = 0; // nanoseconds of the virtual clock
    // Timers::run() is to be called at this time or a little later; replaces the alarm set before.
    virtual void setAlarm(std::int64_t when) = 0;
    virtual void clearAlarm() = 0;
};

using TimerId = std::uint64_t; // 0 = none

class Timers {
public:
    explicit Timers(Clock &clock) : m_clock(clock) {}
    Timers(const Timers &) = delete;
    Timers &operator=(const Timers &) = delete;

    std::int64_t now() const { return m_clock.now(); }
    // Calls `action` once, from run(), `delay` nanoseconds from now. Never from within this call.
    TimerId start(std::int64_t delay, std::function<void()> action);
    // Forgets it; id 0 and one that has run already are fine.
    void cancel(TimerId id);
    // Runs what is due; an action may start and cancel timers.
    void run();
    bool empty() const { return m_byTime.empty(); }
    // Forgets all of them.
    void clear();

private:
    void rearm();

    using Key = std::pair<std::int64_t, TimerId>; // due time first
    Clock &m_clock;
    std::map<Key, std::function<void()>> m_byTime;
    std::map<TimerId, std::int64_t> m_due;
    std::int64_t m_alarm = 0;
    bool m_armed = false;
    TimerId m_last = 0;
};

} // namespace nitroscope::vsock
