// SPDX-License-Identifier: GPL-2.0-or-later
//
// SIGINT, SIGTERM and SIGHUP as a Qt signal, and as a flag for loops that do not turn the event loop.
//
// The handler only sets a flag and writes one byte to a pipe, both of which are allowed in a handler; what
// there is to do is done by the event loop. A signal that was ignored when we started (nohup, a job of a
// script) stays ignored. System calls are not restarted, so that a blocked write notices.
#pragma once

#include <functional>
#include <QObject>
#include <QSocketNotifier>

namespace nitroscope::cli {

class SignalWatch : public QObject {
public:
    // One at a time. `onSignal` gets the signal's number, from the event loop, for each signal.
    explicit SignalWatch(std::function<void(int)> onSignal, QObject *parent = nullptr);
    ~SignalWatch() override; // the default actions again

    // Number of the last signal received since the watch began, 0 = none. Async-signal-safe to set, safe to
    // read from anywhere.
    static int received();

private:
    std::function<void(int)> m_onSignal;
    QSocketNotifier m_notifier;
};

} // namespace nitroscope::cli
