// SPDX-License-Identifier: GPL-2.0-or-later
//
// The console's terminal without its picture: libvterm turns the guest's bytes into a screen of cells, and
// lines that leave it at the top go into a scrollback ring of bounded length.
//
// Lines are numbered 0 (oldest kept) .. lineCount()-1 (bottom of the screen). libvterm 0.1 does not re-flow
// lines when the width changes, so the width only ever grows while text is on the screen; see setSize().
#pragma once

#include "app/ui/text/terminal_line.hpp"

#include <deque>
#include <memory>
#include <QObject>
#include <QPoint>

struct VTerm;
struct VTermScreen;

namespace nitroscope::app {

class TerminalScreen : public QObject {
    Q_OBJECT
public:
    static constexpr int defaultScrollback = 50'000;

    explicit TerminalScreen(int scrollbackLimit = defaultScrollback, QObject *parent = nullptr);
    ~TerminalScreen() override;

    // Bytes from the guest, split anywhere (also within an UTF-8 sequence).
    void feed(const QByteArray &bytes);
    // Rows and columns that fit the view. Columns never fall below 80 nor, while there is text, below what
    // they were.
    void setSize(int rows, int columns);
    // Empties screen and scrollback and resets all modes.
    void clear();

    int rows() const { return m_rows; }
    int columns() const { return m_columns; }
    int scrollbackCount() const { return static_cast<int>(m_scrollback.size()); }
    int lineCount() const { return scrollbackCount() + m_rows; }
    // Number of lines that the ring has dropped since clear(); lets a view keep its place.
    quint64 droppedLines() const { return m_dropped; }
    TerminalLine line(int number) const;
    QString lineText(int number) const { return textOf(line(number)); }
    // All lines from the oldest to the last one with text.
    QString allText() const;
    bool isEmpty() const { return m_empty; }

    // Column and row on the screen (not counting scrollback).
    QPoint cursor() const { return m_cursor; }
    bool cursorVisible() const { return m_cursorVisible; }

    // What the user types; the encoded bytes come out of typed().
    void typeText(const QString &text);
    // A Qt::Key and its modifiers; false when the terminal has no code for it.
    bool typeKey(int key, Qt::KeyboardModifiers modifiers);

signals:
    // Something visible changed; emitted at most once per feed().
    void changed();
    void typed(const QByteArray &bytes);
    void bell();

private:
    struct Callbacks; // libvterm's C callbacks, in the .cpp

    int m_rows = 24;
    int m_columns = 80;
    int m_limit;
    bool m_empty = true;
    bool m_cursorVisible = true;
    QPoint m_cursor;
    quint64 m_dropped = 0;
    std::deque<TerminalLine> m_scrollback;
    VTerm *m_vterm = nullptr;
    VTermScreen *m_screen = nullptr;
};

} // namespace nitroscope::app
