// SPDX-License-Identifier: GPL-2.0-or-later
//
// The text of a source file with a gutter: line numbers (those with code are brighter), breakpoints, and the arrow of
// the line where the machine stands. A click in the gutter sets or removes a breakpoint.
#pragma once

#include "app/features/debug/source/source_words.hpp"

#include <QMap>
#include <QPlainTextEdit>
#include <QSet>

namespace nitroscope::app {

class SourceView : public QPlainTextEdit {
    Q_OBJECT
public:
    explicit SourceView(QWidget *parent = nullptr);

    void setText(const QString &text);
    // Line numbers count from 1; 0 is no line.
    void setCodeLines(QMap<int, quint64> lines);
    void setBreakpoints(QSet<int> lines);
    void setCurrentLine(int line); // where the machine stands; 0 when that is elsewhere
    void showLine(int line);
    int cursorLine() const { return textCursor().blockNumber() + 1; }
    const QSet<int> &breakpoints() const { return m_breakpoints; }
    int currentLine() const { return m_current; }
    // The code of the line, or of the next one that has some, with its number.
    std::optional<std::pair<int, quint64>> codeAt(int line) const;

    int gutterWidth() const;
    void paintGutter(QPaintEvent &event);
    void pressGutter(const QPoint &position);

signals:
    void breakpointToggled(quint64 address);

protected:
    void resizeEvent(QResizeEvent *event) override;
    void changeEvent(QEvent *event) override;

private:
    void mark();

    QWidget *m_gutter;
    SourceWords *m_words;
    QMap<int, quint64> m_code;
    QSet<int> m_breakpoints;
    int m_current = 0;
};

} // namespace nitroscope::app
