// SPDX-License-Identifier: GPL-2.0-or-later
//
// One line of a terminal as kept in the scrollback: cells with character and appearance, 16 bytes each.
#pragma once

#include <QString>
#include <vector>

namespace nitroscope::app {

// A terminal colour as the guest asked for it; what it looks like is the theme's business.
struct TerminalColor {
    enum class Kind : quint8 { standard, indexed, rgb };
    Kind kind = Kind::standard;          // standard: the terminal's own text or background colour
    quint8 red = 0, green = 0, blue = 0; // of rgb; `red` is the number (0..255) of indexed

    bool operator==(const TerminalColor &) const = default;
};

struct TerminalCell {
    enum Flag : quint8 {
        bold = 1,
        italic = 2,
        underline = 4,
        reverse = 8,
        strike = 16,
        wide = 32,
        tail = 64
    };
    char32_t character = U' '; // combining characters are dropped
    TerminalColor foreground, background;
    quint8 flags = 0; // `wide` cells are followed by a `tail` cell that shows nothing

    bool looksLike(const TerminalCell &other) const {
        return foreground == other.foreground && background == other.background && flags == other.flags;
    }
    bool operator==(const TerminalCell &) const = default;
};

using TerminalLine = std::vector<TerminalCell>;

// Characters only, blanks at the end removed. Column n of the line is `columns[n]`th QChar when asked for.
QString textOf(const TerminalLine &line, std::vector<int> *columnOfChar = nullptr);

} // namespace nitroscope::app
