// SPDX-License-Identifier: GPL-2.0-or-later
//
// The console, /dev/console on ttyS0: whole lines out, single bytes in. Lines may come while somebody is
// typing, so the line being edited is taken off the screen first and put back afterwards. There is no prompt
// before the first key, which keeps the log of an unattended enclave free of it.
#pragma once

#include "tests/enclave/init/line_editor.hpp"

#include <functional>

namespace nitroscope::demo {

class Console {
public:
    // Opens /dev/console as standard input, output and error, and turns off the terminal's own echo.
    Console();

    // Prints one line; a line break is added.
    void line(std::string_view text);
    // Prints a line that tests read: "nitroscope-demo: ..."
    void report(std::string_view text);

    // Reads what was typed and calls `command` for each line that got complete.
    void readInput(const std::function<void(const std::string &)> &command);
    bool atEnd() const { return m_atEnd; }

private:
    void startPrompt();
    void write(std::string_view text);

    LineEditor m_editor{"demo> "};
    bool m_prompt = false;
    bool m_atEnd = false; // the terminal hung up
};

} // namespace nitroscope::demo
