// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/enclave/init/console.hpp"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

namespace nitroscope::demo {

Console::Console() {
    const int terminal = open("/dev/console", O_RDWR | O_NOCTTY);
    if (terminal >= 0) {
        for (int standard = 0; standard <= 2; ++standard)
            if (terminal != standard)
                dup2(terminal, standard);
        if (terminal > 2)
            close(terminal);
    }
    termios settings{};
    if (tcgetattr(STDIN_FILENO, &settings) == 0) {
        settings.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO | ISIG | IEXTEN);
        settings.c_iflag &= ~static_cast<tcflag_t>(ICRNL | IXON);
        settings.c_oflag |= OPOST | ONLCR;
        tcsetattr(STDIN_FILENO, TCSANOW, &settings);
    }
    // Nobody may be there to take the output yet, but losing it would be worse than waiting.
    fcntl(STDIN_FILENO, F_SETFL, fcntl(STDIN_FILENO, F_GETFL) & ~O_NONBLOCK);
}

void Console::write(std::string_view text) {
    while (!text.empty()) {
        const ssize_t done = ::write(STDOUT_FILENO, text.data(), text.size());
        if (done < 0 && errno != EINTR)
            return; // there is nowhere left to complain
        if (done > 0)
            text.remove_prefix(static_cast<size_t>(done));
    }
}

void Console::line(std::string_view text) {
    std::string output = m_prompt ? m_editor.hide() : std::string();
    output += text;
    output += '\n';
    if (m_prompt)
        output += m_editor.show();
    write(output);
}

void Console::report(std::string_view text) {
    line("nitroscope-demo: " + std::string(text));
}

void Console::startPrompt() {
    m_prompt = true;
    write(m_editor.show());
}

void Console::readInput(const std::function<void(const std::string &)> &command) {
    std::array<char, 256> input;
    const ssize_t length = read(STDIN_FILENO, input.data(), input.size());
    if (length == 0 || (length < 0 && errno != EINTR && errno != EAGAIN))
        m_atEnd = true;
    if (length > 0 && !m_prompt)
        startPrompt();
    std::string output;
    for (ssize_t i = 0; i < length; ++i) {
        const auto line = m_editor.feed(input[static_cast<size_t>(i)], output);
        if (!line)
            continue;
        write(output);
        output.clear();
        m_prompt = false; // what the command prints is no interruption
        command(*line);
        startPrompt();
    }
    write(output);
}

} // namespace nitroscope::demo
