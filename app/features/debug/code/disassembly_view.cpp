// SPDX-License-Identifier: GPL-2.0-or-later
//
// Moving about and choosing; the painting is in disassembly_paint.cpp.
#include "app/features/debug/code/disassembly_view.hpp"

#include "app/ui/text/byte_text.hpp"
#include "app/ui/text/roles.hpp"
#include "app/ui/theme/theme.hpp"

#include <algorithm>
#include <QHelpEvent>
#include <QKeyEvent>
#include <QScrollBar>
#include <QToolTip>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;
namespace {

// The scroll bar covers this much around what is shown and moves along with it.
constexpr quint64 windowBytes = 256 << 10;
constexpr quint64 lastWindowBase = ~quint64{1} - windowBytes; // or what is behind its end would be 0 again
constexpr int maxCopiedLines = 4096;

} // namespace

DisassemblyView::DisassemblyView(CodeListing &listing, QWidget *parent)
    : QAbstractScrollArea(parent), m_listing(listing) {
    setFont(theme::monospace());
    setFrameShape(QFrame::NoFrame);
    setFocusPolicy(Qt::StrongFocus);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    viewport()->setBackgroundRole(QPalette::Base);
    setAccessibleName(u"Disassembly"_s);
    setAccessibleDescription(u"Instructions around an address"_s);
    verticalScrollBar()->setRange(0, static_cast<int>(windowBytes));
    verticalScrollBar()->setSingleStep(4);
}

void DisassemblyView::setCurrent(std::optional<quint64> pc) {
    m_pc = pc;
    viewport()->update();
}

void DisassemblyView::setRegisters(const QByteArray &packet) {
    m_registers = packet;
    viewport()->update();
}

void DisassemblyView::setBreakpoints(QHash<quint64, BreakpointMark> marks) {
    m_breakpoints = std::move(marks);
    viewport()->update();
}

void DisassemblyView::setStale(bool stale) {
    m_stale = stale;
    viewport()->update();
}

void DisassemblyView::setShowsBytes(bool on) {
    m_showsBytes = on;
    viewport()->update();
}

void DisassemblyView::refresh() {
    viewport()->update();
}

int DisassemblyView::rowHeight() const {
    return QFontMetrics(font()).height() + 3;
}

int DisassemblyView::visibleRows() const {
    return std::max(1, viewport()->height() / rowHeight());
}

void DisassemblyView::layOut() {
    m_lines = m_listing.lines(m_top, viewport()->height() / rowHeight() + 1);
    m_arrows = branchArrows(m_lines, arrowLanes);
}

void DisassemblyView::setTop(quint64 address) {
    m_top = address;
    if (address < m_windowBase || address - m_windowBase > windowBytes)
        m_windowBase = std::min(address > windowBytes / 2 ? address - windowBytes / 2 : 0, lastWindowBase);
    const QSignalBlocker quiet(verticalScrollBar());
    verticalScrollBar()->setPageStep(visibleRows() * 4);
    verticalScrollBar()->setValue(static_cast<int>(address - m_windowBase));
    layOut();
    viewport()->update();
}

void DisassemblyView::showAddress(quint64 address) {
    m_cursor = m_anchor = address;
    layOut();
    bringIntoView(address);
    emit cursorMoved(address);
}

void DisassemblyView::bringIntoView(quint64 address) {
    const int rows = visibleRows();
    for (int i = 0; i < std::min(rows, static_cast<int>(m_lines.size())); ++i)
        if (m_lines[static_cast<size_t>(i)].address == address &&
            m_lines[static_cast<size_t>(i)].kind == CodeLine::Kind::instruction) {
            viewport()->update();
            return;
        }
    // Where nothing is known yet there is no way back to go; the context comes with the next move.
    setTop(m_listing.at(address) ? m_listing.before(address, rows / 4) : address);
}

void DisassemblyView::moveCursor(quint64 address, bool extends) {
    m_cursor = address;
    if (!extends)
        m_anchor = address;
    const int rows = visibleRows();
    const auto begin = m_lines.begin(),
               end = begin + std::min<std::ptrdiff_t>(rows, static_cast<std::ptrdiff_t>(m_lines.size()));
    const bool isShown = std::any_of(begin, end, [&](const CodeLine &line) {
        return line.address == address && line.kind == CodeLine::Kind::instruction;
    });
    if (!isShown)
        setTop(address < m_top ? address : m_listing.before(address, rows - 2));
    viewport()->update();
    emit cursorMoved(address);
}

std::optional<Instruction> DisassemblyView::current() const {
    return m_listing.at(m_cursor);
}

bool DisassemblyView::isSelected(quint64 address) const {
    return address >= std::min(m_cursor, m_anchor) && address <= std::max(m_cursor, m_anchor);
}

QString DisassemblyView::selectedText() const {
    const quint64 first = std::min(m_cursor, m_anchor), last = std::max(m_cursor, m_anchor);
    QString text;
    for (const CodeLine &line : m_listing.lines(first, maxCopiedLines)) {
        if (line.address > last)
            break;
        if (line.kind == CodeLine::Kind::label) {
            text += line.text + u":\n"_s;
        } else if (line.kind == CodeLine::Kind::instruction) {
            const QString code = (line.instruction.mnemonic + QLatin1Char(' ') + line.text).trimmed();
            text += u"%1  %2  %3"_s.arg(
                offsetText(line.address),
                QString::fromLatin1(line.instruction.bytes.toHex(' ')).leftJustified(32), code);
            text += line.comment.isEmpty() ? u"\n"_s : u"  ; %1\n"_s.arg(line.comment);
        }
    }
    return text;
}

void DisassemblyView::selectVisible() {
    if (m_lines.empty())
        return;
    m_anchor = m_lines.front().address;
    m_cursor = m_lines.back().address;
    viewport()->update();
}

void DisassemblyView::resizeEvent(QResizeEvent *) {
    layOut();
    verticalScrollBar()->setPageStep(visibleRows() * 4);
}

void DisassemblyView::changeEvent(QEvent *event) {
    QAbstractScrollArea::changeEvent(event);
    if (event->type() == QEvent::FontChange || event->type() == QEvent::PaletteChange)
        viewport()->update();
}

void DisassemblyView::scrollContentsBy(int, int) {
    // The bar points at a byte; the line that holds it begins at or before it.
    const quint64 wanted = m_windowBase + static_cast<quint64>(verticalScrollBar()->value());
    if (wanted > m_top && wanted - m_top < 64)
        m_top = m_listing.after(m_top, 1);
    else if (wanted < m_top && m_top - wanted < 64)
        m_top = m_listing.before(m_top, 1);
    else
        m_top = m_listing.before(wanted + 1, 1);
    layOut();
    viewport()->update();
}

void DisassemblyView::wheelEvent(QWheelEvent *event) {
    m_wheelRest += event->angleDelta().y();
    const int notches = m_wheelRest / 40; // a notch of 120 is three lines
    m_wheelRest -= notches * 40;
    if (notches > 0)
        setTop(m_listing.before(m_top, notches));
    else if (notches < 0)
        setTop(m_listing.after(m_top, -notches));
    event->accept();
}

void DisassemblyView::keyPressEvent(QKeyEvent *event) {
    const bool extends = event->modifiers() & Qt::ShiftModifier;
    switch (event->key()) {
    case Qt::Key_Up:
        return moveCursor(m_listing.before(m_cursor, 1), extends);
    case Qt::Key_Down:
        return moveCursor(m_listing.after(m_cursor, 1), extends);
    case Qt::Key_PageUp:
        return moveCursor(m_listing.before(m_cursor, visibleRows() - 1), extends);
    case Qt::Key_PageDown:
        return moveCursor(m_listing.after(m_cursor, visibleRows() - 1), extends);
    case Qt::Key_Home:
        if (m_pc)
            showAddress(*m_pc);
        return;
    case Qt::Key_Return:
    case Qt::Key_Enter:
        emit followWanted();
        return;
    default:
        QAbstractScrollArea::keyPressEvent(event);
    }
}

int DisassemblyView::lineAt(const QPoint &point) const {
    const int line = std::max(0, point.y()) / rowHeight();
    return line < static_cast<int>(m_lines.size()) ? line : -1;
}

void DisassemblyView::mousePressEvent(QMouseEvent *event) {
    const QPoint point = event->position().toPoint();
    const int number = lineAt(point);
    if (event->button() == Qt::MiddleButton || number < 0)
        return;
    const CodeLine &line = m_lines[static_cast<size_t>(number)];
    if (event->button() == Qt::LeftButton && point.x() < columns().arrows &&
        line.kind == CodeLine::Kind::instruction) {
        emit breakpointToggled(line.address);
        return;
    }
    if (event->button() == Qt::RightButton && isSelected(line.address))
        return;
    m_word = wordAt(point).toString();
    moveCursor(line.address, event->modifiers() & Qt::ShiftModifier);
}

void DisassemblyView::mouseMoveEvent(QMouseEvent *event) {
    const int number = lineAt(event->position().toPoint());
    if (event->buttons() & Qt::LeftButton && number >= 0)
        moveCursor(m_lines[static_cast<size_t>(number)].address, true);
}

void DisassemblyView::mouseDoubleClickEvent(QMouseEvent *event) {
    if (event->button() == Qt::LeftButton && event->position().x() >= columns().arrows)
        emit followWanted();
}

bool DisassemblyView::event(QEvent *event) {
    if (event->type() == QEvent::ToolTip) {
        auto *help = static_cast<QHelpEvent *>(event);
        const int number = lineAt(viewport()->mapFrom(this, help->pos()));
        QString tip;
        if (number >= 0 && m_lines[static_cast<size_t>(number)].kind == CodeLine::Kind::instruction) {
            const CodeLine &line = m_lines[static_cast<size_t>(number)];
            tip = QString::fromLatin1(line.instruction.bytes.toHex(' '));
            if (const auto to = line.instruction.target ? line.instruction.target : line.instruction.memory)
                tip += u" → "_s + offsetText(*to);
            if (m_listing.symbols())
                if (const auto place = m_listing.symbols()->place(line.address))
                    tip = place->text() + u" ("_s + place->module + u") · "_s + tip;
        }
        QToolTip::showText(help->globalPos(), foreignTip(tip), this);
        return true;
    }
    return QAbstractScrollArea::event(event);
}

QSize DisassemblyView::sizeHint() const {
    const QFontMetrics metrics(font());
    return {metrics.averageCharWidth() * 90, rowHeight() * 20};
}

} // namespace nitroscope::app
