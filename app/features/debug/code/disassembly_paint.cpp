// SPDX-License-Identifier: GPL-2.0-or-later
//
// How a disassembly looks.
#include "app/features/debug/code/branch_condition.hpp"
#include "app/features/debug/code/code_colors.hpp"
#include "app/features/debug/code/disassembly_view.hpp"
#include "app/ui/text/byte_text.hpp"
#include "app/ui/theme/theme.hpp"

#include <QPainter>
#include <QPainterPath>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;
namespace {

constexpr int shownBytes = 8; // of an instruction; longer ones end with "…"

CodeTone mnemonicTone(InstructionKind kind) {
    switch (kind) {
    case InstructionKind::plain:
        return CodeTone::mnemonic;
    case InstructionKind::invalid:
        return CodeTone::comment;
    default:
        return CodeTone::flow;
    }
}

QString bytesText(const QByteArray &bytes) {
    return bytes.size() <= shownBytes ? QString::fromLatin1(bytes.toHex(' '))
                                      : QString::fromLatin1(bytes.first(shownBytes - 1).toHex(' ')) + u" …"_s;
}

} // namespace

DisassemblyView::Columns DisassemblyView::columns() const {
    const qreal cell = QFontMetricsF(font()).horizontalAdvance(QLatin1Char('0'));
    const bool isWide = m_top > 0xffffffff;
    Columns at{};
    at.cell = cell;
    at.margin = 0;
    at.arrows = cell * 3.2;
    at.address = at.arrows + cell * (arrowLanes * 1.1 + 1.4);
    at.bytes = at.address + cell * (isWide ? 20 : 12);
    // Bytes give way first when there is little room.
    const bool hasRoom = m_showsBytes && viewport()->width() > cell * 96;
    at.mnemonic = hasRoom ? at.bytes + cell * (shownBytes * 3 + 1) : at.bytes;
    at.operands = at.mnemonic + cell * 9;
    return at;
}

QColor DisassemblyView::tone(CodeTone tone, const CodeLine &line) const {
    const QColor color = codeColor(palette(), tone);
    return m_stale || line.isStale ? dimmed(palette(), color) : color;
}

// Where a page is missing one line stands for all of it.
bool DisassemblyView::isCurrent(const CodeLine &line) const {
    if (!m_pc)
        return false;
    if (line.kind == CodeLine::Kind::instruction)
        return line.address == *m_pc;
    const bool isGap = line.kind == CodeLine::Kind::waiting || line.kind == CodeLine::Kind::unreadable;
    return isGap && *m_pc >= line.address && *m_pc <= (line.address | (TargetMemory::pageBytes - 1));
}

QColor DisassemblyView::currentRowColor() const {
    const QColor color = currentLineBackground(palette());
    return m_stale ? theme::mixed(palette().color(QPalette::Base), color, 0.5) : color;
}

QString DisassemblyView::commentOf(const CodeLine &line) const {
    if (m_pc && line.address == *m_pc && !m_registers.isEmpty())
        if (const auto taken = isTaken(line.instruction, m_listing.architecture(), m_registers))
            return *taken ? u"jumps"_s : u"does not jump"_s;
    return line.comment;
}

void DisassemblyView::paintEvent(QPaintEvent *) {
    layOut();
    QPainter painter(viewport());
    const Columns at = columns();
    for (size_t i = 0; i < m_lines.size(); ++i)
        paintLine(painter, at, m_lines[i], static_cast<qreal>(i) * rowHeight());
    paintArrows(painter, at);
}

void DisassemblyView::paintLine(QPainter &painter, const Columns &at, const CodeLine &line, qreal y) const {
    const QRectF row(0, y, viewport()->width(), rowHeight());
    const qreal padding = at.cell / 2;
    const QRectF text(at.address, y, row.width() - at.address - padding, row.height());
    const QFontMetricsF metrics(font());
    switch (line.kind) {
    case CodeLine::Kind::label: {
        QFont bold = font();
        bold.setBold(true);
        painter.setFont(bold);
        painter.setPen(tone(CodeTone::symbol, line));
        painter.drawText(text, Qt::AlignVCenter, line.text + QLatin1Char(':'));
        const qreal end = text.left() + QFontMetricsF(bold).horizontalAdvance(line.text) + at.cell * 3;
        painter.setFont(font());
        painter.setPen(theme::faintText(palette()));
        painter.drawText(text.adjusted(end - text.left(), 0, 0, 0), Qt::AlignVCenter, line.comment);
        return;
    }
    case CodeLine::Kind::source:
        painter.setPen(tone(CodeTone::comment, line));
        painter.drawText(
            text, Qt::AlignVCenter,
            metrics.elidedText(line.comment.isEmpty() ? line.text : line.text + u"  in "_s + line.comment,
                               Qt::ElideLeft, text.width()));
        return;
    case CodeLine::Kind::waiting:
    case CodeLine::Kind::unreadable: {
        if (isCurrent(line))
            painter.fillRect(row, currentRowColor());
        painter.setPen(theme::faintText(palette()));
        painter.drawText(text, Qt::AlignVCenter, offsetText(line.address));
        const QString what = line.kind == CodeLine::Kind::waiting ? u"reading…"_s
                             : line.text.isEmpty()                ? u"cannot be read"_s
                                                                  : line.text;
        painter.drawText(text.adjusted(at.bytes - at.address, 0, 0, 0), Qt::AlignVCenter, what);
        paintMargin(painter, at, line, row);
        return;
    }
    case CodeLine::Kind::instruction:
        paintInstruction(painter, at, line, row);
        paintMargin(painter, at, line, row);
        return;
    }
}

void DisassemblyView::paintInstruction(QPainter &painter, const Columns &at, const CodeLine &line,
                                       const QRectF &row) const {
    const bool isHere = isCurrent(line);
    if (isHere)
        painter.fillRect(row, currentRowColor());
    const QRectF code(at.address - at.cell / 2, row.top(), row.width(), row.height());
    if (isSelected(line.address) && (!isHere || m_cursor != m_anchor))
        painter.fillRect(code, theme::quietSelection(palette()));
    const QFontMetricsF metrics(font());
    const auto write = [&](qreal x, const QString &text, CodeTone kind) {
        painter.setPen(tone(kind, line));
        painter.drawText(QPointF(x, row.top() + 1 + metrics.ascent()), text);
    };
    write(at.address, offsetText(line.address), isHere ? CodeTone::text : CodeTone::address);
    if (at.mnemonic > at.bytes)
        write(at.bytes, bytesText(line.instruction.bytes), CodeTone::bytes);
    write(at.mnemonic, line.instruction.mnemonic, mnemonicTone(line.instruction.kind));
    qreal x = at.operands;
    // A long mnemonic ("rep movsq", "endbr64") pushes its operands to the right.
    x = std::max(x, at.mnemonic + metrics.horizontalAdvance(line.instruction.mnemonic) + at.cell);
    for (const CodeToken &token : tokensOf(line.text, m_listing.architecture())) {
        const QString word = token.text.toString();
        const qreal width = metrics.horizontalAdvance(word);
        if (!m_word.isEmpty() && word == m_word)
            painter.fillRect(QRectF(x, row.top() + 1, width, row.height() - 2),
                             theme::findBackground(palette()));
        write(x, word, token.tone);
        x += width;
    }
    if (const QString comment = commentOf(line); !comment.isEmpty()) {
        x = std::max(x + at.cell * 2, at.operands + at.cell * 30);
        const QString text = u"; "_s + comment;
        if (x < row.width())
            write(x, metrics.elidedText(text, Qt::ElideRight, row.width() - x), CodeTone::comment);
    }
}

QStringView DisassemblyView::wordAt(const QPoint &point) const {
    const int number = lineAt(point);
    if (number < 0 || m_lines[static_cast<size_t>(number)].kind != CodeLine::Kind::instruction)
        return {};
    const CodeLine &line = m_lines[static_cast<size_t>(number)];
    const QFontMetricsF metrics(font());
    const Columns at = columns();
    qreal x =
        std::max(at.operands, at.mnemonic + metrics.horizontalAdvance(line.instruction.mnemonic) + at.cell);
    for (const CodeToken &token : tokensOf(line.text, m_listing.architecture())) {
        const qreal end = x + metrics.horizontalAdvance(token.text.toString());
        if (point.x() >= x && point.x() < end)
            return token.tone == CodeTone::text ? QStringView() : token.text;
        x = end;
    }
    return {};
}

void DisassemblyView::paintMargin(QPainter &painter, const Columns &at, const CodeLine &line,
                                  const QRectF &row) const {
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    const qreal side = row.height() * 0.56;
    const QRectF dot(at.cell * 0.5, row.center().y() - side / 2, side, side);
    if (const auto mark = m_breakpoints.constFind(line.address); mark != m_breakpoints.cend()) {
        const QColor color = breakpointColor(palette());
        painter.setPen(QPen(color, 1.4));
        painter.setBrush(*mark == BreakpointMark::set ? QBrush(color) : Qt::NoBrush);
        painter.drawEllipse(dot.adjusted(0.7, 0.7, -0.7, -0.7));
    }
    if (isCurrent(line)) {
        const qreal left = dot.right() + at.cell * 0.15, middle = row.center().y(), half = side / 2;
        QPainterPath arrow(QPointF(left, middle - half));
        arrow.lineTo(left + half * 1.2, middle);
        arrow.lineTo(left, middle + half);
        arrow.closeSubpath();
        const QColor color = theme::toneColor(palette(), Tone::attention);
        painter.fillPath(arrow, m_stale ? dimmed(palette(), color) : color);
    }
    painter.restore();
}

void DisassemblyView::paintArrows(QPainter &painter, const Columns &at) const {
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    const qreal right = at.address - at.cell * 0.8;
    const auto middle = [this](int line) { return (line + 0.5) * rowHeight(); };
    const int end = static_cast<int>(m_lines.size());
    for (const BranchArrow &arrow : m_arrows) {
        const quint64 from = m_lines[static_cast<size_t>(arrow.from)].address;
        const bool isChosen =
            from == m_cursor || (m_pc && from == *m_pc) ||
            (arrow.to >= 0 && arrow.to < end && m_lines[static_cast<size_t>(arrow.to)].address == m_cursor);
        QColor color = isChosen ? codeColor(palette(), CodeTone::flow) : theme::faintText(palette());
        if (m_stale)
            color = dimmed(palette(), color);
        const qreal x = right - at.cell * (0.9 + arrow.lane * 1.1);
        const qreal y = middle(arrow.from);
        const qreal to = arrow.to < 0 ? 0 : arrow.to >= end ? viewport()->height() : middle(arrow.to);
        painter.setPen(QPen(color, isChosen ? 1.6 : 1.1, arrow.isConditional ? Qt::DashLine : Qt::SolidLine));
        painter.drawLine(QPointF(right, y), QPointF(x, y));
        painter.drawLine(QPointF(x, y), QPointF(x, to));
        if (arrow.to < 0 || arrow.to >= end)
            continue;
        painter.drawLine(QPointF(x, to), QPointF(right, to));
        QPainterPath head(QPointF(right + 1, to));
        head.lineTo(right - at.cell * 0.55, to - at.cell * 0.4);
        head.lineTo(right - at.cell * 0.55, to + at.cell * 0.4);
        head.closeSubpath();
        painter.fillPath(head, color);
    }
    painter.restore();
}

} // namespace nitroscope::app
