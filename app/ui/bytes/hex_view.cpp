// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/ui/bytes/hex_view.hpp"

#include "app/ui/theme/theme.hpp"

#include <algorithm>
#include <QClipboard>
#include <QGuiApplication>
#include <QKeyEvent>
#include <QPainter>
#include <QScrollBar>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;

using formats::ByteRange;

HexView::HexView(QWidget *parent) : QAbstractScrollArea(parent) {
    setFont(theme::monospace());
    setFrameShape(QFrame::NoFrame);
    setFocusPolicy(Qt::StrongFocus);
    viewport()->setCursor(Qt::IBeamCursor);
    viewport()->setBackgroundRole(QPalette::Base);
    setAccessibleName(u"Bytes"_s);
    setAccessibleDescription(u"Hex view: offset, bytes and characters"_s);
    updateGeometry64();
}

void HexView::setSource(std::shared_ptr<const ByteSource> source) {
    m_source = std::move(source);
    m_highlights.clear();
    m_topRow = m_cursor = m_anchor = 0;
    m_hasSelection = false;
    refresh();
    emit selectionChanged();
}

void HexView::refresh() {
    m_geometry.size = m_source ? m_source->size() : 0;
    m_offsetDigits = std::max(8, static_cast<int>(QString::number(m_geometry.size, 16).size()));
    m_cursor = std::min(m_cursor, m_geometry.size > 0 ? m_geometry.size - 1 : 0);
    updateGeometry64();
}

void HexView::setHighlights(std::vector<HexHighlight> highlights) {
    m_highlights = std::move(highlights);
    viewport()->update();
}

void HexView::setStale(bool stale) {
    m_stale = stale;
    viewport()->update();
}

ByteRange HexView::selection() const {
    if (!m_hasSelection || m_geometry.size == 0)
        return {};
    const quint64 first = std::min(m_anchor, m_cursor);
    return {first, std::max(m_anchor, m_cursor) - first + 1};
}

ByteRange HexView::markedRange() const {
    for (const HexHighlight &highlight : m_highlights)
        if (highlight.mark == HexMark::chosen)
            return highlight.range;
    return {};
}

QByteArray HexView::bytesIn(const ByteRange &range) const {
    if (!m_source || range.isEmpty() || range.length > copyLimit)
        return {};
    QByteArray bytes(static_cast<qsizetype>(range.length), '\0');
    bytes.truncate(m_source->read(range.offset, {bytes.data(), static_cast<size_t>(bytes.size())}));
    return bytes;
}

bool HexView::copy(ByteSpelling spelling) const {
    const QByteArray bytes = selectedBytes();
    if (bytes.isEmpty())
        return false;
    QGuiApplication::clipboard()->setText(spellBytes(bytes, spelling, selection().offset));
    return true;
}

void HexView::goTo(quint64 offset) {
    moveCursor(offset, Moving::cursorOnly);
}

void HexView::select(const ByteRange &range) {
    if (m_geometry.size == 0 || range.isEmpty() || range.offset >= m_geometry.size)
        return;
    m_anchor = range.offset;
    m_cursor = std::min(range.end(), m_geometry.size) - 1;
    m_hasSelection = true;
    viewport()->update();
    emit selectionChanged();
}

void HexView::selectAll() {
    select({0, m_geometry.size});
}

void HexView::showRange(const ByteRange &range) {
    if (m_geometry.size == 0 || range.offset >= m_geometry.size)
        return;
    const quint64 last = range.isEmpty() ? range.offset : std::min(range.end(), m_geometry.size) - 1;
    const auto visible = static_cast<quint64>(std::max(1, m_geometry.visibleRows));
    const bool fits = m_geometry.rowOf(last) - m_geometry.rowOf(range.offset) < visible;
    quint64 top = m_topRow;
    if (fits) {
        top = m_geometry.topRowShowing(last, m_geometry.topRowShowing(range.offset, top));
        // Far away: leave some context above instead of sticking to an edge.
        if (top != m_topRow) {
            const quint64 context = visible / 4;
            top = m_geometry.rowOf(range.offset) > context ? m_geometry.rowOf(range.offset) - context : 0;
        }
    } else {
        top = m_geometry.rowOf(range.offset);
    }
    m_cursor = m_anchor = range.offset;
    m_hasSelection = false;
    setTopRow(top);
    emit selectionChanged();
}

HexView::Columns HexView::columns() const {
    const QFontMetricsF metrics(font());
    const qreal cell = metrics.horizontalAdvance(QLatin1Char('0'));
    Columns at{};
    at.cell = cell;
    at.offset = cell;
    at.hex = at.offset + cell * (m_offsetDigits + 2);
    at.text = xOfByte(at, m_geometry.bytesPerRow) + cell;
    at.end = at.text + cell * (m_geometry.bytesPerRow + 1);
    return at;
}

// Two digits and a space per byte, one more space after each group of eight.
qreal HexView::xOfByte(const Columns &at, int column) const {
    return at.hex + at.cell * (column * 3 + column / 8);
}

int HexView::rowHeight() const {
    return QFontMetrics(font()).height() + 2;
}

void HexView::updateGeometry64() {
    m_geometry.visibleRows = std::max(1, viewport()->height() / rowHeight());
    m_topRow = std::min(m_topRow, m_geometry.lastTopRow());
    const QSignalBlocker quiet(verticalScrollBar());
    verticalScrollBar()->setRange(0, m_geometry.scrollMaximum());
    verticalScrollBar()->setPageStep(m_geometry.visibleRows);
    verticalScrollBar()->setValue(m_geometry.scrollOfTopRow(m_topRow));
    const int width = static_cast<int>(std::ceil(columns().end));
    horizontalScrollBar()->setRange(0, std::max(0, width - viewport()->width()));
    horizontalScrollBar()->setPageStep(viewport()->width());
    viewport()->update();
}

void HexView::setTopRow(quint64 row) {
    m_topRow = std::min(row, m_geometry.lastTopRow());
    const QSignalBlocker quiet(verticalScrollBar());
    verticalScrollBar()->setValue(m_geometry.scrollOfTopRow(m_topRow));
    viewport()->update();
}

void HexView::scrollContentsBy(int, int dy) {
    if (dy != 0)
        m_topRow = m_geometry.topRowOfScroll(verticalScrollBar()->value());
    viewport()->update();
}

void HexView::resizeEvent(QResizeEvent *) {
    const quint64 cursorRow = m_geometry.rowOf(m_cursor);
    const bool shown =
        cursorRow >= m_topRow && cursorRow - m_topRow < static_cast<quint64>(m_geometry.visibleRows);
    updateGeometry64();
    if (shown) // what the user looks at must not slip out below
        setTopRow(m_geometry.topRowShowing(m_cursor, m_topRow));
}

void HexView::changeEvent(QEvent *event) {
    QAbstractScrollArea::changeEvent(event);
    if (event->type() == QEvent::FontChange || event->type() == QEvent::StyleChange)
        updateGeometry64();
}

void HexView::wheelEvent(QWheelEvent *event) {
    // By rows rather than scroll bar steps: one step may be thousands of rows.
    m_wheelRest += event->angleDelta().y();
    const int notches = m_wheelRest / 40; // a notch of 120 is three rows
    m_wheelRest -= notches * 40;
    const auto distance = static_cast<quint64>(std::abs(notches));
    setTopRow(notches > 0 ? m_topRow - std::min(distance, m_topRow) : m_topRow + distance);
    event->accept();
}

void HexView::moveCursor(quint64 offset, Moving moving) {
    if (m_geometry.size == 0)
        return;
    m_cursor = std::min(offset, m_geometry.size - 1);
    if (moving == Moving::cursorOnly) {
        m_anchor = m_cursor;
        m_hasSelection = false;
    } else {
        m_hasSelection = true;
    }
    setTopRow(m_geometry.topRowShowing(m_cursor, m_topRow));
    emit selectionChanged();
    emit cursorMoved(m_cursor);
}

void HexView::keyPressEvent(QKeyEvent *event) {
    const auto moving = event->modifiers() & Qt::ShiftModifier ? Moving::extendSelection : Moving::cursorOnly;
    const bool wholeFile = event->modifiers() & Qt::ControlModifier;
    const auto width = static_cast<quint64>(m_geometry.bytesPerRow);
    const quint64 page = width * static_cast<quint64>(m_geometry.visibleRows);
    const auto back = [&](quint64 count) { moveCursor(m_cursor > count ? m_cursor - count : 0, moving); };
    // Up and down keep the column: at the first or last row nothing happens.
    const auto rows = [&](quint64 count, bool down) {
        if (down && count < m_geometry.size - m_cursor) // a sum could be beyond 64 bits
            moveCursor(m_cursor + count, moving);
        else if (down && count > width)
            moveCursor(m_geometry.size - 1, moving);
        else if (!down && m_cursor >= count)
            moveCursor(m_cursor - count, moving);
        else if (!down && count > width)
            moveCursor(m_cursor % width, moving);
    };
    switch (event->key()) {
    case Qt::Key_Left:
        return back(1);
    case Qt::Key_Right:
        return moveCursor(m_cursor + 1, moving);
    case Qt::Key_Up:
        return rows(width, false);
    case Qt::Key_Down:
        return rows(width, true);
    case Qt::Key_PageUp:
        return rows(page, false);
    case Qt::Key_PageDown:
        return rows(page, true);
    case Qt::Key_Home:
        return moveCursor(wholeFile ? 0 : m_cursor - m_cursor % width, moving);
    case Qt::Key_End:
        return moveCursor(wholeFile ? m_geometry.size : m_cursor - m_cursor % width + width - 1, moving);
    default:
        QAbstractScrollArea::keyPressEvent(event);
    }
}

std::optional<quint64> HexView::offsetAt(const QPoint &point) const {
    if (m_geometry.size == 0)
        return std::nullopt;
    const Columns at = columns();
    const qreal x = point.x() + horizontalScrollBar()->value();
    int column = 0;
    if (x >= at.text - at.cell / 2) {
        column = static_cast<int>((x - at.text) / at.cell);
    } else {
        while (column + 1 < m_geometry.bytesPerRow && x >= xOfByte(at, column + 1) - at.cell / 2)
            ++column;
    }
    column = std::clamp(column, 0, m_geometry.bytesPerRow - 1);
    const auto line = static_cast<quint64>(std::max(0, point.y()) / rowHeight());
    const quint64 row = std::min(m_topRow + line, m_geometry.rowCount() - 1);
    return std::min(m_geometry.offsetOfRow(row) + static_cast<quint64>(column), m_geometry.size - 1);
}

void HexView::mousePressEvent(QMouseEvent *event) {
    if (event->button() != Qt::LeftButton)
        return;
    if (const auto offset = offsetAt(event->position().toPoint()))
        moveCursor(*offset,
                   event->modifiers() & Qt::ShiftModifier ? Moving::extendSelection : Moving::cursorOnly);
}

void HexView::mouseMoveEvent(QMouseEvent *event) {
    if (!(event->buttons() & Qt::LeftButton))
        return;
    if (const auto offset = offsetAt(event->position().toPoint()))
        moveCursor(*offset, Moving::extendSelection);
}

QColor HexView::colorOf(const HexHighlight &highlight) const {
    switch (highlight.mark) {
    case HexMark::band:
        return theme::mixed(palette().color(QPalette::Base), theme::seriesColor(palette(), highlight.number),
                            0.06);
    case HexMark::changed:
        return theme::changedBackground(palette());
    case HexMark::chosen:
        break;
    }
    return theme::rangeBackground(palette(), palette().color(QPalette::Highlight));
}

QColor HexView::backgroundOf(quint64 offset) const {
    const ByteRange chosen = selection();
    if (chosen.contains(offset))
        return palette().color(hasFocus() ? QPalette::Active : QPalette::Inactive, QPalette::Highlight);
    QColor color;
    for (const HexHighlight &highlight : m_highlights)
        if (highlight.range.contains(offset))
            color = colorOf(highlight);
    return color;
}

void HexView::paintRow(QPainter &painter, const Columns &at, int line, const QByteArray &bytes,
                       qsizetype available) const {
    const int height = rowHeight();
    const qreal y = line * height;
    const quint64 rowOffset = m_geometry.offsetOfRow(m_topRow + static_cast<quint64>(line));
    const quint64 left = m_geometry.size - rowOffset;
    const int count = static_cast<int>(std::min<quint64>(left, static_cast<quint64>(m_geometry.bytesPerRow)));
    const QRectF offsetBox(at.offset, y, at.cell * m_offsetDigits + 1, height);
    painter.setPen(theme::mutedText(palette()));
    painter.drawText(offsetBox, Qt::AlignVCenter,
                     u"%1"_s.arg(rowOffset, m_offsetDigits, 16, QLatin1Char('0')));

    // Backgrounds first, as runs of one colour, so that no seams show between bytes.
    for (int begin = 0; begin < count;) {
        const QColor color = backgroundOf(rowOffset + static_cast<quint64>(begin));
        int end = begin + 1;
        while (end < count && backgroundOf(rowOffset + static_cast<quint64>(end)) == color)
            ++end;
        if (color.isValid()) {
            const qreal pad = at.cell * 0.4;
            const qreal x = xOfByte(at, begin) - pad;
            painter.fillRect(QRectF(x, y, xOfByte(at, end - 1) + at.cell * 2 + pad - x, height), color);
            painter.fillRect(QRectF(at.text + at.cell * begin, y, at.cell * (end - begin), height), color);
        }
        begin = end;
    }
    const ByteRange chosen = selection();
    const QColor text = palette().color(QPalette::Text);
    const QColor normal = m_stale ? theme::mixed(palette().color(QPalette::Base), text, 0.6) : text;
    const QColor faint = theme::faintText(palette());
    const QColor onSelection = palette().color(QPalette::HighlightedText);
    for (int i = 0; i < count; ++i) {
        const bool known = i < available;
        const auto byte = static_cast<unsigned char>(known ? bytes[i] : 0);
        const bool selected = chosen.contains(rowOffset + static_cast<quint64>(i));
        const QString digits = known ? u"%1"_s.arg(byte, 2, 16, QLatin1Char('0')) : u"··"_s;
        painter.setPen(selected ? onSelection : byte == 0 ? faint : normal);
        painter.drawText(QRectF(xOfByte(at, i), y, at.cell * 2 + 1, height), Qt::AlignVCenter, digits);
        const char character = printable(byte);
        painter.setPen(selected ? onSelection : byte < 0x20 || byte >= 0x7f ? faint : normal);
        painter.drawText(QRectF(at.text + at.cell * i, y, at.cell + 1, height), Qt::AlignVCenter,
                         QString(QLatin1Char(character)));
    }
}

void HexView::paintEvent(QPaintEvent *) {
    QPainter painter(viewport());
    painter.translate(-horizontalScrollBar()->value(), 0);
    if (!m_source || m_geometry.size == 0)
        return;
    const Columns at = columns();
    const int lines = viewport()->height() / rowHeight() + 1;
    QByteArray row(m_geometry.bytesPerRow, '\0');
    for (int line = 0; line < lines && m_topRow + static_cast<quint64>(line) < m_geometry.rowCount();
         ++line) {
        const quint64 offset = m_geometry.offsetOfRow(m_topRow + static_cast<quint64>(line));
        const qsizetype got = m_source->read(offset, {row.data(), static_cast<size_t>(row.size())});
        paintRow(painter, at, line, row, got);
    }
    // The cursor as a frame around its byte in both columns.
    const quint64 cursorRow = m_geometry.rowOf(m_cursor);
    if (cursorRow < m_topRow || cursorRow - m_topRow >= static_cast<quint64>(lines))
        return;
    const int column = static_cast<int>(m_cursor % static_cast<quint64>(m_geometry.bytesPerRow));
    const qreal y = static_cast<qreal>(cursorRow - m_topRow) * rowHeight();
    QPen pen(hasFocus() ? palette().color(QPalette::Highlight) : theme::faintText(palette()));
    painter.setPen(pen);
    painter.drawRect(QRectF(xOfByte(at, column) - at.cell * 0.4, y, at.cell * 2.8, rowHeight() - 1));
    painter.drawRect(QRectF(at.text + at.cell * column, y, at.cell, rowHeight() - 1));
}

QSize HexView::sizeHint() const {
    return {static_cast<int>(columns().end) + verticalScrollBar()->sizeHint().width(), rowHeight() * 12};
}

} // namespace nitroscope::app
