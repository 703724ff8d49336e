// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/features/console/terminal_screen.hpp"

#include <algorithm>
#include <vterm.h>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;
namespace {

TerminalColor colorOf(const VTermColor &color) {
    if ((color.type & VTERM_COLOR_DEFAULT_MASK) != 0)
        return {};
    if (VTERM_COLOR_IS_INDEXED(&color))
        return {TerminalColor::Kind::indexed, color.indexed.idx, 0, 0};
    return {TerminalColor::Kind::rgb, color.rgb.red, color.rgb.green, color.rgb.blue};
}

VTermColor vtermColor(const TerminalColor &color, quint8 defaultFlag) {
    VTermColor out{};
    if (color.kind == TerminalColor::Kind::indexed)
        vterm_color_indexed(&out, color.red);
    else
        vterm_color_rgb(&out, color.red, color.green, color.blue);
    if (color.kind == TerminalColor::Kind::standard)
        out.type = static_cast<quint8>(out.type | defaultFlag);
    return out;
}

TerminalCell cellOf(const VTermScreenCell &from) {
    TerminalCell cell;
    // libvterm marks the second half of a wide character with -1.
    const bool tail = from.chars[0] == static_cast<uint32_t>(-1);
    cell.character = from.chars[0] == 0 || tail ? U' ' : static_cast<char32_t>(from.chars[0]);
    cell.foreground = colorOf(from.fg);
    cell.background = colorOf(from.bg);
    unsigned flags = 0;
    flags |= from.attrs.bold ? unsigned{TerminalCell::bold} : 0u;
    flags |= from.attrs.italic ? unsigned{TerminalCell::italic} : 0u;
    flags |= from.attrs.underline ? unsigned{TerminalCell::underline} : 0u;
    flags |= from.attrs.reverse ? unsigned{TerminalCell::reverse} : 0u;
    flags |= from.attrs.strike ? unsigned{TerminalCell::strike} : 0u;
    flags |= from.width > 1 ? unsigned{TerminalCell::wide} : 0u;
    flags |= tail ? unsigned{TerminalCell::tail} : 0u;
    cell.flags = static_cast<quint8>(flags);
    return cell;
}

TerminalLine lineOf(const VTermScreenCell *cells, int count) {
    TerminalLine line;
    line.reserve(static_cast<size_t>(count));
    for (int i = 0; i < count; ++i)
        line.push_back(cellOf(cells[i]));
    while (!line.empty() && line.back() == TerminalCell{})
        line.pop_back();
    return line;
}

} // namespace

QString textOf(const TerminalLine &line, std::vector<int> *columnOfChar) {
    QString text;
    for (size_t column = 0; column < line.size(); ++column) {
        if (line[column].flags & TerminalCell::tail)
            continue;
        const QString character = QString::fromUcs4(&line[column].character, 1);
        text += character;
        if (columnOfChar)
            columnOfChar->insert(columnOfChar->end(), static_cast<size_t>(character.size()),
                                 static_cast<int>(column));
    }
    while (text.endsWith(QLatin1Char(' ')))
        text.chop(1);
    return text;
}

struct TerminalScreen::Callbacks {
    static TerminalScreen &self(void *user) { return *static_cast<TerminalScreen *>(user); }

    static int moveCursor(VTermPos at, VTermPos, int, void *user) {
        self(user).m_cursor = QPoint(at.col, at.row);
        return 1;
    }
    static int setProperty(VTermProp property, VTermValue *value, void *user) {
        if (property == VTERM_PROP_CURSORVISIBLE)
            self(user).m_cursorVisible = value->boolean != 0;
        return 1;
    }
    static int ring(void *user) {
        emit self(user).bell();
        return 1;
    }
    static int pushLine(int columns, const VTermScreenCell *cells, void *user) {
        auto &screen = self(user);
        screen.m_scrollback.push_back(lineOf(cells, columns));
        while (static_cast<int>(screen.m_scrollback.size()) > screen.m_limit) {
            screen.m_scrollback.pop_front();
            ++screen.m_dropped;
        }
        return 1;
    }
    static int popLine(int columns, VTermScreenCell *cells, void *user) {
        auto &screen = self(user);
        if (screen.m_scrollback.empty())
            return 0;
        const TerminalLine line = std::move(screen.m_scrollback.back());
        screen.m_scrollback.pop_back();
        for (int i = 0; i < columns; ++i) {
            const TerminalCell cell =
                i < static_cast<int>(line.size()) ? line[static_cast<size_t>(i)] : TerminalCell{};
            VTermScreenCell &out = cells[i];
            out = VTermScreenCell{};
            out.chars[0] = cell.flags & TerminalCell::tail ? static_cast<uint32_t>(-1) : cell.character;
            out.width = cell.flags & TerminalCell::wide ? 2 : 1;
            out.attrs.bold = cell.flags & TerminalCell::bold ? 1 : 0;
            out.attrs.italic = cell.flags & TerminalCell::italic ? 1 : 0;
            out.attrs.underline = cell.flags & TerminalCell::underline ? 1 : 0;
            out.attrs.reverse = cell.flags & TerminalCell::reverse ? 1 : 0;
            out.attrs.strike = cell.flags & TerminalCell::strike ? 1 : 0;
            out.fg = vtermColor(cell.foreground, VTERM_COLOR_DEFAULT_FG);
            out.bg = vtermColor(cell.background, VTERM_COLOR_DEFAULT_BG);
        }
        return 1;
    }
    static void output(const char *bytes, size_t length, void *user) {
        emit self(user).typed(QByteArray(bytes, static_cast<qsizetype>(length)));
    }
};

TerminalScreen::TerminalScreen(int scrollbackLimit, QObject *parent)
    : QObject(parent), m_limit(scrollbackLimit) {
    static const VTermScreenCallbacks callbacks = {
        nullptr,          nullptr, &Callbacks::moveCursor, &Callbacks::setProperty,
        &Callbacks::ring, nullptr, &Callbacks::pushLine,   &Callbacks::popLine};
    m_vterm = vterm_new(m_rows, m_columns);
    vterm_set_utf8(m_vterm, 1);
    vterm_output_set_callback(m_vterm, &Callbacks::output, this);
    m_screen = vterm_obtain_screen(m_vterm);
    vterm_screen_set_callbacks(m_screen, &callbacks, this);
    vterm_screen_enable_altscreen(m_screen, 1);
    vterm_screen_set_damage_merge(m_screen, VTERM_DAMAGE_SCROLL);
    vterm_screen_reset(m_screen, 1);
}

TerminalScreen::~TerminalScreen() {
    vterm_free(m_vterm);
}

void TerminalScreen::feed(const QByteArray &bytes) {
    if (bytes.isEmpty())
        return;
    m_empty = false;
    vterm_input_write(m_vterm, bytes.constData(), static_cast<size_t>(bytes.size()));
    vterm_screen_flush_damage(m_screen);
    emit changed();
}

void TerminalScreen::setSize(int rows, int columns) {
    rows = std::clamp(rows, 2, 500);
    columns = std::clamp(columns, 80, 1000);
    if (!m_empty)
        columns = std::max(columns, m_columns);
    if (rows == m_rows && columns == m_columns)
        return;
    m_rows = rows;
    m_columns = columns;
    vterm_set_size(m_vterm, rows, columns);
    vterm_screen_flush_damage(m_screen);
    emit changed();
}

void TerminalScreen::clear() {
    vterm_screen_reset(m_screen, 1);
    vterm_screen_flush_damage(m_screen);
    m_scrollback.clear();
    m_dropped = 0;
    m_empty = true;
    m_cursor = {};
    m_cursorVisible = true;
    emit changed();
}

TerminalLine TerminalScreen::line(int number) const {
    if (number < 0 || number >= lineCount())
        return {};
    if (number < scrollbackCount())
        return m_scrollback[static_cast<size_t>(number)];
    std::vector<VTermScreenCell> cells(static_cast<size_t>(m_columns));
    const int row = number - scrollbackCount();
    for (int column = 0; column < m_columns; ++column)
        vterm_screen_get_cell(m_screen, {row, column}, &cells[static_cast<size_t>(column)]);
    return lineOf(cells.data(), m_columns);
}

QString TerminalScreen::allText() const {
    QString text;
    for (int number = 0; number < lineCount(); ++number)
        text += lineText(number) + QLatin1Char('\n');
    while (text.endsWith(u"\n\n"_s))
        text.chop(1);
    return text == u"\n"_s ? QString() : text;
}

} // namespace nitroscope::app
