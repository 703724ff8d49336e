// SPDX-License-Identifier: GPL-2.0-or-later
//
// Edits one line on a serial console without readline: bytes go in as they arrive, what the terminal has to
// show comes out. Backspace takes back one character (of UTF-8 too), Ctrl-U the line, Ctrl-W a word, Ctrl-C
// gives the line up, the arrow keys fetch earlier lines; other escape sequences are swallowed. CR, LF and
// CR LF all end a line once.
#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

namespace nitroscope::demo {

class LineEditor {
public:
    static constexpr size_t maxLength = 200; // bytes; more only rings the bell
    static constexpr size_t maxHistory = 16; // lines

    explicit LineEditor(std::string_view prompt) : m_prompt(prompt) {}

    // Takes one byte of input and appends what the terminal must print to `output`. Returns the line when
    // this byte ended one.
    std::optional<std::string> feed(char byte, std::string &output);

    // Takes the prompt and the line off the screen, before other output.
    std::string hide() const { return "\r\x1b[K"; }
    // Puts prompt and line back.
    std::string show() const { return m_prompt + m_line; }

private:
    enum class Escape { none, started, sequence };

    void feedControl(char byte, std::string &output);
    void feedEscape(char byte, std::string &output);
    void recall(int direction, std::string &output);
    void erase(std::string &output);
    std::string endLine(std::string &output);

    std::string m_prompt, m_line;
    std::deque<std::string> m_history; // newest last
    size_t m_recalled = 0;             // 0: the line being typed, n: the n-th newest of the history
    Escape m_escape = Escape::none;
    bool m_afterReturn = false; // the LF of a CR LF is still to be ignored
};

} // namespace nitroscope::demo
