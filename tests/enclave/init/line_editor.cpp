// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/enclave/init/line_editor.hpp"

namespace nitroscope::demo {
namespace {

constexpr char bell = '\a', backspace = '\b', escape = '\x1b', deleteKey = '\x7f';
constexpr char controlC = 3, controlU = 21, controlW = 23;

bool continuesCharacter(char byte) {
    return (static_cast<unsigned char>(byte) & 0xc0) == 0x80;
}

} // namespace

std::optional<std::string> LineEditor::feed(char byte, std::string &output) {
    const bool lineFeedOfPair = m_afterReturn && byte == '\n';
    m_afterReturn = byte == '\r';
    if (lineFeedOfPair)
        return std::nullopt;
    if (byte == '\r' || byte == '\n') {
        m_escape = Escape::none;
        return endLine(output);
    }
    if (m_escape != Escape::none) {
        feedEscape(byte, output);
    } else if (static_cast<unsigned char>(byte) < ' ' || byte == deleteKey) {
        feedControl(byte, output);
    } else if (m_line.size() == maxLength) {
        output += bell;
    } else {
        m_line += byte;
        output += byte;
    }
    return std::nullopt;
}

void LineEditor::feedControl(char byte, std::string &output) {
    switch (byte) {
    case escape:
        m_escape = Escape::started;
        break;
    case backspace:
    case deleteKey:
        erase(output);
        break;
    case controlC:
        output += "^C\n" + m_prompt;
        m_line.clear();
        m_recalled = 0;
        break;
    case controlU:
        m_line.clear();
        output += hide() + show();
        break;
    case controlW:
        while (!m_line.empty() && m_line.back() == ' ')
            m_line.pop_back();
        while (!m_line.empty() && m_line.back() != ' ')
            m_line.pop_back();
        output += hide() + show();
        break;
    default:
        break; // a control character that means nothing here
    }
}

// ESC [ parameters final, or ESC O final (ECMA-48 §5.4; the second by terminals in application mode).
void LineEditor::feedEscape(char byte, std::string &output) {
    if (m_escape == Escape::started && (byte == '[' || byte == 'O')) {
        m_escape = Escape::sequence;
        return;
    }
    const bool parameter = byte >= ' ' && byte < '@';
    if (m_escape == Escape::sequence && parameter)
        return;
    if (m_escape == Escape::sequence && byte == 'A')
        recall(+1, output);
    if (m_escape == Escape::sequence && byte == 'B')
        recall(-1, output);
    m_escape = Escape::none;
}

void LineEditor::recall(int direction, std::string &output) {
    if ((direction > 0 && m_recalled == m_history.size()) || (direction < 0 && m_recalled == 0)) {
        output += bell;
        return;
    }
    m_recalled = direction > 0 ? m_recalled + 1 : m_recalled - 1;
    m_line = m_recalled == 0 ? std::string() : m_history[m_history.size() - m_recalled];
    output += hide() + show();
}

void LineEditor::erase(std::string &output) {
    if (m_line.empty())
        return;
    while (m_line.size() > 1 && continuesCharacter(m_line.back()))
        m_line.pop_back();
    m_line.pop_back();
    output += "\b \b";
}

std::string LineEditor::endLine(std::string &output) {
    output += '\n';
    std::string line = std::move(m_line);
    m_line.clear();
    m_recalled = 0;
    if (!line.empty() && (m_history.empty() || m_history.back() != line))
        m_history.push_back(line);
    if (m_history.size() > maxHistory)
        m_history.pop_front();
    return line;
}

} // namespace nitroscope::demo
