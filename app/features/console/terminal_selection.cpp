// SPDX-License-Identifier: GPL-2.0-or-later
//
// Selecting, copying and finding text in a TerminalView.
#include "app/features/console/terminal_view.hpp"

#include <algorithm>
#include <QClipboard>
#include <QGuiApplication>
#include <QMouseEvent>
#include <QScrollBar>

namespace nitroscope::app {
namespace {

// Column (in cells) in front of the character at `position` of the line's text, or just behind its last one.
int columnOf(const std::vector<int> &columns, qsizetype position) {
    if (position < static_cast<qsizetype>(columns.size()))
        return columns[static_cast<size_t>(position)];
    return columns.empty() ? 0 : columns.back() + 1;
}

} // namespace

TerminalView::Place TerminalView::placeAt(const QPoint &point) const {
    constexpr int margin = 6;
    const Cell size = cell();
    const int line = verticalScrollBar()->value() + (point.y() - margin) / size.height;
    const qreal x = point.x() - margin + horizontalScrollBar()->value();
    const int bounded = std::clamp(line, 0, std::max(0, m_screen.lineCount() - 1));
    return {static_cast<quint64>(bounded) + m_screen.droppedLines(),
            std::clamp(static_cast<int>(x / size.width + 0.5), 0, m_screen.columns())};
}

void TerminalView::setSelection(Place anchor, Place head) {
    m_anchor = anchor;
    m_head = head;
    viewport()->update();
    emit selectionChanged();
}

void TerminalView::mousePressEvent(QMouseEvent *event) {
    const Place place = placeAt(event->position().toPoint());
    if (event->button() == Qt::LeftButton)
        setSelection(event->modifiers() & Qt::ShiftModifier ? m_anchor : place, place);
    else if (event->button() == Qt::MiddleButton)
        emit pasteRequested(QGuiApplication::clipboard()->supportsSelection() ? QClipboard::Selection
                                                                              : QClipboard::Clipboard);
}

void TerminalView::mouseMoveEvent(QMouseEvent *event) {
    if (event->buttons() & Qt::LeftButton)
        setSelection(m_anchor, placeAt(event->position().toPoint()));
}

void TerminalView::mouseReleaseEvent(QMouseEvent *event) {
    if (event->button() == Qt::LeftButton)
        offerSelection();
}

// What is selected can be pasted by the middle button everywhere, where the desktop knows that.
void TerminalView::offerSelection() const {
    if (hasSelection() && QGuiApplication::clipboard()->supportsSelection())
        QGuiApplication::clipboard()->setText(selectedText(), QClipboard::Selection);
}

void TerminalView::mouseDoubleClickEvent(QMouseEvent *event) {
    const Place place = placeAt(event->position().toPoint());
    const TerminalLine line = m_screen.line(static_cast<int>(place.line - m_screen.droppedLines()));
    const auto isWord = [&](int column) {
        return column >= 0 && column < static_cast<int>(line.size()) &&
               line[static_cast<size_t>(column)].character != U' ';
    };
    int begin = place.column, end = place.column;
    while (isWord(begin - 1))
        --begin;
    while (isWord(end))
        ++end;
    setSelection({place.line, begin}, {place.line, end});
}

void TerminalView::selectAll() {
    const quint64 first = m_screen.droppedLines();
    setSelection({first, 0}, {first + static_cast<quint64>(m_screen.lineCount() - 1), m_screen.columns()});
    offerSelection();
}

QString TerminalView::selectedText() const {
    const Place from = std::min(m_anchor, m_head), to = std::max(m_anchor, m_head);
    const quint64 dropped = m_screen.droppedLines();
    QString text;
    for (quint64 number = std::max(from.line, dropped); from != to && number <= to.line; ++number) {
        std::vector<int> columns;
        const QString line = textOf(m_screen.line(static_cast<int>(number - dropped)), &columns);
        const int begin = number == from.line ? from.column : 0;
        const int end = number == to.line ? to.column : m_screen.columns();
        for (qsizetype i = 0; i < line.size(); ++i)
            if (columnOf(columns, i) >= begin && columnOf(columns, i) < end)
                text += line[i];
        if (number != to.line)
            text += QLatin1Char('\n');
    }
    return text;
}

bool TerminalView::copySelection() const {
    const QString text = selectedText();
    if (text.isEmpty())
        return false;
    QGuiApplication::clipboard()->setText(text);
    return true;
}

bool TerminalView::find(const QString &text, FindDirection direction) {
    const int count = m_screen.lineCount();
    if (text.isEmpty() || count == 0)
        return false;
    const quint64 dropped = m_screen.droppedLines();
    const bool forward = direction == FindDirection::next;
    // Start behind (or in front of) the present match, otherwise at the end that is being read.
    const Place start = hasSelection() ? (forward ? std::max(m_anchor, m_head) : std::min(m_anchor, m_head))
                                       : Place{dropped + static_cast<quint64>(forward ? 0 : count - 1),
                                               forward ? 0 : m_screen.columns()};
    const int first = static_cast<int>(std::max(start.line, dropped) - dropped);
    for (int step = 0; step <= count; ++step) {
        const int number = ((first + (forward ? step : -step)) % count + count) % count;
        std::vector<int> columns;
        const QString line = textOf(m_screen.line(number), &columns);
        // On the line we start from, only what lies beyond the start counts; it gets a second, whole look at
        // the end.
        qsizetype from = forward ? 0 : -1;
        if (step == 0) {
            const auto edge =
                std::lower_bound(columns.cbegin(), columns.cend(), start.column) - columns.cbegin();
            from = forward ? edge : edge - text.size();
            if (from < 0)
                continue;
        }
        const qsizetype at = forward ? line.indexOf(text, from, Qt::CaseInsensitive)
                                     : line.lastIndexOf(text, from, Qt::CaseInsensitive);
        if (at < 0)
            continue;
        const quint64 absolute = static_cast<quint64>(number) + dropped;
        setSelection({absolute, columnOf(columns, at)},
                     {absolute, columnOf(columns, at + text.size() - 1) + 1});
        QScrollBar *bar = verticalScrollBar();
        if (number < bar->value() || number >= bar->value() + bar->pageStep())
            bar->setValue(number - bar->pageStep() / 2);
        return true;
    }
    return false;
}

} // namespace nitroscope::app
