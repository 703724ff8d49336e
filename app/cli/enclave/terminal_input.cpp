// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/cli/enclave/terminal_input.hpp"

#include <cerrno>
#include <unistd.h>
#include <utility>

namespace nitroscope::cli {

TerminalInput::TerminalInput(std::function<void(const QByteArray &)> onInput, QObject *parent)
    : QObject(parent), m_onInput(std::move(onInput)), m_notifier(STDIN_FILENO, QSocketNotifier::Read) {
    m_notifier.setEnabled(false);
    connect(&m_notifier, &QSocketNotifier::activated, this, &TerminalInput::readInput);
}

TerminalInput::~TerminalInput() {
    if (m_isChanged)
        tcsetattr(STDIN_FILENO, TCSANOW, &m_saved);
}

void TerminalInput::open() {
    if (m_notifier.isEnabled() || m_isPaused)
        return;
    if (isatty(STDIN_FILENO) && !useTerminal())
        return;
    m_notifier.setEnabled(true);
}

void TerminalInput::pause() {
    m_isPaused = m_isPaused || m_notifier.isEnabled();
    m_notifier.setEnabled(false);
}

void TerminalInput::goOn() {
    if (std::exchange(m_isPaused, false))
        m_notifier.setEnabled(true);
}

bool TerminalInput::useTerminal() {
    // Reading from, or changing, the terminal of somebody else's foreground job would stop us.
    if (tcgetpgrp(STDIN_FILENO) != getpgrp() || tcgetattr(STDIN_FILENO, &m_saved) != 0)
        return false;
    termios keys = m_saved;
    keys.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO | IEXTEN);
    keys.c_iflag &= ~static_cast<tcflag_t>(ICRNL | IXON);
    keys.c_cc[VQUIT] = _POSIX_VDISABLE;
    keys.c_cc[VSUSP] = _POSIX_VDISABLE;
    keys.c_cc[VMIN] = 1;
    keys.c_cc[VTIME] = 0;
    m_isChanged = tcsetattr(STDIN_FILENO, TCSANOW, &keys) == 0;
    return m_isChanged;
}

void TerminalInput::readInput() {
    char bytes[4096];
    const ssize_t count = read(STDIN_FILENO, bytes, sizeof bytes);
    if (count > 0)
        m_onInput(QByteArray(bytes, count));
    else if (count == 0 || (errno != EINTR && errno != EAGAIN))
        m_notifier.setEnabled(false); // its end
}

} // namespace nitroscope::cli
