// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/features/console/terminal_view.hpp"

#include "app/ui/theme/theme.hpp"

#include <algorithm>
#include <cmath>
#include <QClipboard>
#include <QGuiApplication>
#include <QKeyEvent>
#include <QPainter>
#include <QScrollBar>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;
namespace {

constexpr int margin = 6; // pixels around the text

} // namespace

TerminalView::TerminalView(TerminalScreen &screen, QWidget *parent)
    : QAbstractScrollArea(parent), m_screen(screen) {
    setFont(theme::monospace());
    setFrameShape(QFrame::NoFrame);
    // Always there, because one that appears later would take a column from lines that are never wrapped
    // anew.
    setVerticalScrollBarPolicy(Qt::ScrollBarAlwaysOn);
    setFocusPolicy(Qt::StrongFocus);
    setAttribute(Qt::WA_InputMethodEnabled);
    viewport()->setCursor(Qt::IBeamCursor);
    viewport()->setBackgroundRole(QPalette::Base);
    setAccessibleName(u"Serial console"_s);
    setAccessibleDescription(u"Terminal on the enclave's first serial port"_s);
    connect(&m_screen, &TerminalScreen::changed, this, &TerminalView::screenChanged);
}

void TerminalView::setLive(bool live) {
    m_live = live;
    viewport()->update();
}

TerminalView::Cell TerminalView::cell() const {
    const QFontMetricsF metrics(font());
    return {metrics.horizontalAdvance(QLatin1Char('0')), static_cast<int>(std::ceil(metrics.height()))};
}

void TerminalView::fitScreen() {
    const Cell size = cell();
    m_screen.setSize((viewport()->height() - 2 * margin) / size.height,
                     static_cast<int>((viewport()->width() - 2 * margin) / size.width));
    screenChanged();
}

void TerminalView::screenChanged() {
    const Cell size = cell();
    QScrollBar *vertical = verticalScrollBar();
    const bool atEnd = vertical->value() == vertical->maximum();
    // When the ring drops lines, what the user reads stays where it is.
    const quint64 dropped = m_screen.droppedLines();
    const int shift = dropped >= m_seenDropped ? static_cast<int>(dropped - m_seenDropped) : 0;
    m_seenDropped = dropped;
    const int visible = std::max(1, (viewport()->height() - 2 * margin) / size.height);
    vertical->setPageStep(visible);
    vertical->setRange(0, std::max(0, m_screen.lineCount() - visible));
    vertical->setValue(atEnd ? vertical->maximum() : std::max(0, vertical->value() - shift));
    const int width = static_cast<int>(std::ceil(size.width * m_screen.columns())) + 2 * margin;
    horizontalScrollBar()->setRange(0, std::max(0, width - viewport()->width()));
    horizontalScrollBar()->setPageStep(viewport()->width());
    viewport()->update();
}

void TerminalView::scrollToEnd() {
    verticalScrollBar()->setValue(verticalScrollBar()->maximum());
}

void TerminalView::resizeEvent(QResizeEvent *) {
    fitScreen();
}

void TerminalView::changeEvent(QEvent *event) {
    QAbstractScrollArea::changeEvent(event);
    if (event->type() == QEvent::FontChange)
        fitScreen();
}

void TerminalView::paintLine(QPainter &painter, const Cell &size, int number, qreal y) const {
    const TerminalLine line = m_screen.line(number);
    const QColor background = theme::terminalBackground(palette());
    const QColor foreground = m_live ? theme::terminalForeground(palette()) : theme::mutedText(palette());
    const QFont plain = font();
    for (size_t begin = 0; begin < line.size();) {
        // One run of cells that look alike; wide characters go alone so that the grid holds.
        const TerminalCell &first = line[begin];
        size_t end = begin + 1;
        while (end < line.size() && line[end].looksLike(first) && !(line[end].flags & TerminalCell::wide))
            ++end;
        QString text;
        for (size_t i = begin; i < end; ++i)
            if (!(line[i].flags & TerminalCell::tail))
                text += QString::fromUcs4(&line[i].character, 1);
        QColor front = theme::terminalColor(palette(), first.foreground, foreground);
        QColor back = theme::terminalColor(palette(), first.background, background);
        if (first.flags & TerminalCell::reverse)
            std::swap(front, back);
        const QRectF box(margin + size.width * static_cast<qreal>(begin), y,
                         size.width * static_cast<qreal>(end - begin), size.height);
        if (back != background)
            painter.fillRect(box, back);
        if (first.flags &
            (TerminalCell::bold | TerminalCell::italic | TerminalCell::underline | TerminalCell::strike)) {
            QFont styled = plain;
            styled.setBold(first.flags & TerminalCell::bold);
            styled.setItalic(first.flags & TerminalCell::italic);
            styled.setUnderline(first.flags & TerminalCell::underline);
            styled.setStrikeOut(first.flags & TerminalCell::strike);
            painter.setFont(styled);
        } else {
            painter.setFont(plain);
        }
        painter.setPen(front);
        painter.drawText(QRectF(box.x(), box.y(), box.width() + size.width, box.height()), Qt::AlignVCenter,
                         text);
        begin = end;
    }
}

void TerminalView::paintEvent(QPaintEvent *) {
    QPainter painter(viewport());
    painter.fillRect(viewport()->rect(), theme::terminalBackground(palette()));
    painter.translate(-horizontalScrollBar()->value(), 0);
    const Cell size = cell();
    const int top = verticalScrollBar()->value();
    const int lines = viewport()->height() / size.height + 1;
    const Place from = std::min(m_anchor, m_head), to = std::max(m_anchor, m_head);
    for (int i = 0; i < lines && top + i < m_screen.lineCount(); ++i) {
        const qreal y = margin + i * size.height;
        paintLine(painter, size, top + i, y);
        const quint64 line = static_cast<quint64>(top + i) + m_screen.droppedLines();
        if (from == to || line < from.line || line > to.line)
            continue;
        const int begin = line == from.line ? from.column : 0;
        const int end = line == to.line ? to.column : m_screen.columns();
        QColor tint = palette().color(QPalette::Highlight);
        tint.setAlphaF(0.35F);
        painter.fillRect(
            QRectF(margin + size.width * begin, y, size.width * std::max(0, end - begin), size.height), tint);
    }
    const int cursorLine = m_screen.scrollbackCount() + m_screen.cursor().y() - top;
    if (!m_live || !m_screen.cursorVisible() || cursorLine < 0 || cursorLine >= lines)
        return;
    const QRectF box(margin + size.width * m_screen.cursor().x(), margin + cursorLine * size.height,
                     size.width, size.height);
    QColor color = theme::terminalForeground(palette());
    color.setAlphaF(0.55F);
    if (hasFocus()) {
        painter.fillRect(box, color);
    } else {
        painter.setPen(color);
        painter.drawRect(box.adjusted(0, 0, -1, -1));
    }
}

bool TerminalView::event(QEvent *event) {
    // While the guest listens, Ctrl and a letter is its input, not one of the window's shortcuts. Ctrl+Shift
    // and the function keys with modifiers stay with the window.
    if (event->type() == QEvent::ShortcutOverride && m_live) {
        const auto *key = static_cast<QKeyEvent *>(event);
        const auto modifiers = key->modifiers() & ~Qt::KeypadModifier;
        const bool letter = key->key() >= Qt::Key_At && key->key() <= Qt::Key_Underscore;
        if (modifiers == Qt::ControlModifier && letter) {
            event->accept();
            return true;
        }
    }
    return QAbstractScrollArea::event(event);
}

bool TerminalView::focusNextPrevChild(bool next) {
    // Tab belongs to the guest while it listens; Ctrl+Tab and the panel shortcuts leave the console.
    return m_live ? false : QAbstractScrollArea::focusNextPrevChild(next);
}

void TerminalView::keyPressEvent(QKeyEvent *event) {
    const auto modifiers = event->modifiers() & ~Qt::KeypadModifier;
    if (modifiers & Qt::ShiftModifier) {
        QScrollBar *bar = verticalScrollBar();
        switch (event->key()) {
        case Qt::Key_PageUp:
            return bar->setValue(bar->value() - bar->pageStep());
        case Qt::Key_PageDown:
            return bar->setValue(bar->value() + bar->pageStep());
        case Qt::Key_Insert:
            emit pasteRequested(QClipboard::Clipboard);
            return;
        default:
            break;
        }
    }
    if (!m_live) {
        QAbstractScrollArea::keyPressEvent(event);
        return;
    }
    if (const bool back = event->key() == Qt::Key_Backtab;
        modifiers & Qt::ControlModifier && (back || event->key() == Qt::Key_Tab)) {
        QAbstractScrollArea::focusNextPrevChild(!back && !(modifiers & Qt::ShiftModifier));
        return;
    }
    const bool plain = !(modifiers & (Qt::ControlModifier | Qt::AltModifier));
    if (m_screen.typeKey(event->key(), modifiers)) {
        scrollToEnd();
    } else if (!event->text().isEmpty() && (plain || event->text().at(0).isPrint())) {
        m_screen.typeText(event->text());
        scrollToEnd();
    } else {
        QAbstractScrollArea::keyPressEvent(event);
    }
}

QVariant TerminalView::inputMethodQuery(Qt::InputMethodQuery query) const {
    if (query != Qt::ImCursorRectangle)
        return QAbstractScrollArea::inputMethodQuery(query);
    const Cell size = cell();
    const int line = m_screen.scrollbackCount() + m_screen.cursor().y() - verticalScrollBar()->value();
    return QRectF(margin + size.width * m_screen.cursor().x(), margin + line * size.height, 1, size.height)
        .toRect();
}

void TerminalView::focusInEvent(QFocusEvent *event) {
    QAbstractScrollArea::focusInEvent(event);
    viewport()->update();
}

void TerminalView::focusOutEvent(QFocusEvent *event) {
    QAbstractScrollArea::focusOutEvent(event);
    viewport()->update();
}

QSize TerminalView::sizeHint() const {
    const Cell size = cell();
    return {static_cast<int>(size.width * 82) + 2 * margin, size.height * 20};
}

} // namespace nitroscope::app
