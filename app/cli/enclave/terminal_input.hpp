// SPDX-License-Identifier: GPL-2.0-or-later
//
// Standard input as the guest's keyboard.
//
// A terminal is switched to give single keys without echo, because the guest echoes them; Ctrl-C alone keeps
// its meaning here. A pipe or file is passed on until it ends, which ends nothing else. A job in the
// background leaves the terminal alone.
#pragma once

#include <functional>
#include <QByteArray>
#include <QObject>
#include <QSocketNotifier>
#include <termios.h>

namespace nitroscope::cli {

class TerminalInput : public QObject {
public:
    explicit TerminalInput(std::function<void(const QByteArray &)> onInput, QObject *parent = nullptr);
    ~TerminalInput() override; // the terminal as it was

    // Begins to read. What was typed before is not lost, it waits in the pipe or terminal.
    void open();
    // Reads no more until goOn(): what comes meanwhile waits where it is.
    void pause();
    void goOn();

private:
    void readInput();
    bool useTerminal();

    std::function<void(const QByteArray &)> m_onInput;
    QSocketNotifier m_notifier;
    termios m_saved{};
    bool m_isChanged = false, m_isPaused = false;
};

} // namespace nitroscope::cli
