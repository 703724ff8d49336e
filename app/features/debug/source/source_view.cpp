// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/features/debug/source/source_view.hpp"

#include "app/features/debug/code/code_colors.hpp"
#include "app/ui/theme/theme.hpp"

#include <QMouseEvent>
#include <QPainter>
#include <QTextBlock>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;
namespace {

class Gutter : public QWidget {
public:
    explicit Gutter(SourceView &view) : QWidget(&view), m_view(view) {
        setAccessibleName(u"Breakpoints and line numbers"_s);
        setCursor(Qt::PointingHandCursor);
    }
    QSize sizeHint() const override { return {m_view.gutterWidth(), 0}; }

protected:
    void paintEvent(QPaintEvent *event) override { m_view.paintGutter(*event); }
    void mousePressEvent(QMouseEvent *event) override {
        if (event->button() == Qt::LeftButton)
            m_view.pressGutter(event->position().toPoint());
    }

private:
    SourceView &m_view;
};

} // namespace

SourceView::SourceView(QWidget *parent) : QPlainTextEdit(parent), m_gutter(new Gutter(*this)) {
    setReadOnly(true);
    // A cursor to be moved by keys: commands are about its line.
    setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    setFont(theme::monospace());
    setLineWrapMode(QPlainTextEdit::NoWrap);
    setFrameShape(QFrame::NoFrame);
    setTabStopDistance(fontMetrics().horizontalAdvance(QLatin1Char(' ')) * 8);
    m_words = new SourceWords(*document(), palette());
    connect(this, &QPlainTextEdit::blockCountChanged, this,
            [this] { setViewportMargins(gutterWidth(), 0, 0, 0); });
    connect(this, &QPlainTextEdit::updateRequest, this, [this](const QRect &rect, int scrolled) {
        if (scrolled)
            m_gutter->scroll(0, scrolled);
        else
            m_gutter->update(0, rect.y(), m_gutter->width(), rect.height());
    });
    connect(this, &QPlainTextEdit::cursorPositionChanged, this, &SourceView::mark);
    setViewportMargins(gutterWidth(), 0, 0, 0);
}

void SourceView::setText(const QString &text) {
    m_code.clear();
    m_breakpoints.clear();
    m_current = 0;
    setPlainText(text);
}

void SourceView::setCodeLines(QMap<int, quint64> lines) {
    m_code = std::move(lines);
    m_gutter->update();
}

void SourceView::setBreakpoints(QSet<int> lines) {
    m_breakpoints = std::move(lines);
    m_gutter->update();
}

void SourceView::setCurrentLine(int line) {
    m_current = line;
    m_gutter->update();
    mark();
}

void SourceView::showLine(int line) {
    const QTextBlock block = document()->findBlockByNumber(line - 1);
    if (!block.isValid())
        return;
    setTextCursor(QTextCursor(block));
    centerCursor();
}

std::optional<std::pair<int, quint64>> SourceView::codeAt(int line) const {
    const auto found = m_code.lowerBound(line);
    return found == m_code.cend() ? std::nullopt : std::optional(std::pair(found.key(), found.value()));
}

// The line where the machine stands, and more faintly that of the cursor.
void SourceView::mark() {
    QList<QTextEdit::ExtraSelection> marks;
    const auto add = [&](const QTextBlock &block, const QColor &color) {
        if (!block.isValid())
            return;
        QTextEdit::ExtraSelection mark;
        mark.cursor = QTextCursor(block);
        mark.format.setBackground(color);
        mark.format.setProperty(QTextFormat::FullWidthSelection, true);
        marks.append(mark);
    };
    if (cursorLine() != m_current)
        add(textCursor().block(), palette().color(QPalette::AlternateBase));
    if (m_current > 0)
        add(document()->findBlockByNumber(m_current - 1), currentLineBackground(palette()));
    setExtraSelections(marks);
}

int SourceView::gutterWidth() const {
    const int digits = std::max(3, static_cast<int>(QString::number(blockCount()).size()));
    return fontMetrics().height() + fontMetrics().horizontalAdvance(QLatin1Char('0')) * (digits + 1);
}

void SourceView::paintGutter(QPaintEvent &event) {
    QPainter painter(m_gutter);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.fillRect(event.rect(), palette().color(QPalette::Base));
    const int row = fontMetrics().height();
    QTextBlock block = firstVisibleBlock();
    qreal top = blockBoundingGeometry(block).translated(contentOffset()).top();
    for (; block.isValid() && top <= event.rect().bottom(); block = block.next()) {
        const qreal height = blockBoundingRect(block).height();
        const int line = block.blockNumber() + 1;
        if (block.isVisible() && top + height >= event.rect().top()) {
            const QRectF mark(row * 0.2, top + (height - row * 0.6) / 2, row * 0.6, row * 0.6);
            painter.setPen(Qt::NoPen);
            if (m_breakpoints.contains(line)) {
                painter.setBrush(breakpointColor(palette()));
                painter.drawEllipse(mark);
            }
            if (line == m_current) {
                painter.setBrush(palette().color(QPalette::Text));
                painter.drawPolygon(QPolygonF{mark.topLeft() + QPointF(mark.width() * 0.2, 0),
                                              {mark.right(), mark.center().y()},
                                              mark.bottomLeft() + QPointF(mark.width() * 0.2, 0)});
            }
            painter.setPen(m_code.contains(line) ? palette().color(QPalette::Text)
                                                 : theme::faintText(palette()));
            painter.setFont(font());
            painter.drawText(
                QRectF(row, top, m_gutter->width() - row - fontMetrics().averageCharWidth() / 2, height),
                Qt::AlignRight | Qt::AlignVCenter, QString::number(line));
        }
        top += height;
    }
}

void SourceView::pressGutter(const QPoint &position) {
    const int line = cursorForPosition(QPoint(0, position.y())).blockNumber() + 1;
    if (const auto code = codeAt(line))
        emit breakpointToggled(code->second);
}

void SourceView::resizeEvent(QResizeEvent *event) {
    QPlainTextEdit::resizeEvent(event);
    const QRect inside = contentsRect();
    m_gutter->setGeometry(inside.left(), inside.top(), gutterWidth(), inside.height());
}

void SourceView::changeEvent(QEvent *event) {
    QPlainTextEdit::changeEvent(event);
    if (event->type() == QEvent::PaletteChange && m_words) {
        m_words->setColors(palette());
        mark();
    }
}

} // namespace nitroscope::app
