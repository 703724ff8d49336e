// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/features/profile/flame_view.hpp"

#include "app/ui/theme/theme.hpp"

#include <algorithm>
#include <QAccessible>
#include <QHelpEvent>
#include <QKeyEvent>
#include <QPainter>
#include <QScrollBar>
#include <QToolTip>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;
namespace {

constexpr double minWidth = 0.5; // of what is drawn, in pixels
constexpr int textRoom = 24;     // in pixels: narrower frames have no text
constexpr int svgWidth = 1200, svgRow = 18;

} // namespace

FlameView::FlameView(QWidget *parent) : QAbstractScrollArea(parent) {
    setFocusPolicy(Qt::StrongFocus);
    setFrameShape(QFrame::NoFrame);
    setAccessibleName(u"Flame graph"_s);
    viewport()->setMouseTracking(true);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
}

void FlameView::setGraph(FlameGraph graph) {
    m_graph = std::move(graph);
    m_zoomed = 0;
    setSearch(m_search);
    layOut();
    setCurrent(-1);
}

void FlameView::setCurrent(int number) {
    m_current = number;
    if (number >= 0) {
        if (!m_graph.isWithin(number, m_zoomed) && !m_graph.isWithin(m_zoomed, number))
            zoomTo(0);
        const int y = m_graph.frame(number).depth * rowHeight();
        QScrollBar *const bar = verticalScrollBar();
        bar->setValue(std::clamp(bar->value(), y + rowHeight() - viewport()->height(), y));
    }
    setAccessibleDescription(number < 0 ? u"No function chosen"_s : m_graph.describe(number));
    QAccessibleEvent event(this, QAccessible::DescriptionChanged);
    QAccessible::updateAccessibility(&event);
    viewport()->update();
    emit currentChanged();
}

void FlameView::zoomTo(int number) {
    m_zoomed = number;
    layOut();
    viewport()->update();
}

void FlameView::setSearch(const QString &text) {
    m_search = text;
    m_found = m_graph.matches(text);
    viewport()->update();
}

void FlameView::findNext(int by) {
    if (m_found.empty())
        return;
    const auto now = std::find(m_found.begin(), m_found.end(), m_current);
    const auto count = int(m_found.size());
    const int at =
        now == m_found.end() ? (by > 0 ? 0 : count - 1) : (int(now - m_found.begin()) + by + count) % count;
    setCurrent(m_found[size_t(at)]);
}

int FlameView::rowHeight() const {
    return fontMetrics().height() + 4;
}

void FlameView::layOut() {
    QScrollBar *const bar = verticalScrollBar();
    bar->setRange(0, std::max(0, (m_graph.depth() + 1) * rowHeight() - viewport()->height()));
    bar->setPageStep(std::max(1, viewport()->height()));
    bar->setSingleStep(rowHeight());
}

// Callers of what is zoomed to stay in sight above it.
template <class Draw>
void FlameView::eachShown(double width, const Draw &draw) const {
    if (m_graph.isEmpty())
        return;
    std::vector<int> callers;
    for (int number = m_graph.frame(m_zoomed).parent; number >= 0; number = m_graph.frame(number).parent)
        callers.push_back(number);
    for (auto number = callers.rbegin(); number != callers.rend(); ++number)
        draw(*number, 0.0, width);
    const FlameFrame &zoomed = m_graph.frame(m_zoomed);
    const double scale = width / double(zoomed.total);
    std::vector<int> waiting{m_zoomed};
    while (!waiting.empty()) {
        const int number = waiting.back();
        waiting.pop_back();
        const FlameFrame &frame = m_graph.frame(number);
        const double own = double(frame.total) * scale;
        if (own < minWidth)
            continue;
        draw(number, double(frame.start - zoomed.start) * scale, own);
        waiting.insert(waiting.end(), frame.children.begin(), frame.children.end());
    }
}

// A process has its hue, its functions shades of it: neighbours differ, and a function always looks the same.
QColor FlameView::colorOf(int number) const {
    int process = number;
    while (m_graph.frame(process).depth > 1)
        process = m_graph.frame(process).parent;
    const auto &processes = m_graph.frame(0).children;
    const auto at = std::find(processes.begin(), processes.end(), process) - processes.begin();
    const double shade = number == 0 ? 0.15 : 0.30 + double(qHash(m_graph.frame(number).name) % 5) * 0.06;
    return theme::mixed(palette().color(QPalette::Base), theme::seriesColor(palette(), int(at)), shade);
}

void FlameView::paintEvent(QPaintEvent *) {
    QPainter painter(viewport());
    painter.fillRect(viewport()->rect(), palette().color(QPalette::Base));
    const QColor text = palette().color(QPalette::Text), line = palette().color(QPalette::Base);
    const int row = rowHeight(), offset = verticalScrollBar()->value();
    eachShown(viewport()->width(), [&](int number, double x, double width) {
        const FlameFrame &frame = m_graph.frame(number);
        const QRectF rect(x, frame.depth * row - offset, width, row);
        if (!rect.intersects(QRectF(viewport()->rect())))
            return;
        const bool isFound = std::binary_search(m_found.begin(), m_found.end(), number, [this](int a, int b) {
            return std::tuple(m_graph.frame(a).start, m_graph.frame(a).depth, a) <
                   std::tuple(m_graph.frame(b).start, m_graph.frame(b).depth, b);
        });
        painter.fillRect(rect, isFound ? theme::findBackground(palette()) : colorOf(number));
        painter.setPen(line);
        painter.drawRect(rect);
        if (number == m_current) {
            painter.setPen(QPen(palette().color(QPalette::Highlight), 2));
            painter.drawRect(rect.adjusted(1, 1, -1, -1));
        }
        if (width < textRoom)
            return;
        painter.setPen(text);
        painter.drawText(rect.adjusted(4, 0, -2, 0), Qt::AlignVCenter | Qt::AlignLeft | Qt::TextSingleLine,
                         fontMetrics().elidedText(frame.name, Qt::ElideRight, int(width) - 6));
    });
}

QRect FlameView::rectOf(int wanted) const {
    QRect found;
    eachShown(viewport()->width(), [&](int number, double x, double width) {
        if (number == wanted)
            found = QRectF(x, m_graph.frame(number).depth * rowHeight() - verticalScrollBar()->value(), width,
                           rowHeight())
                        .toAlignedRect();
    });
    return found;
}

int FlameView::frameAt(QPoint point) const {
    const int depth = (point.y() + verticalScrollBar()->value()) / rowHeight();
    int found = -1;
    eachShown(viewport()->width(), [&](int number, double x, double width) {
        if (m_graph.frame(number).depth == depth && point.x() >= x && point.x() < x + width)
            found = number;
    });
    return found;
}

QByteArray FlameView::svg() const {
    const int height = (m_graph.depth() + 1) * svgRow;
    QString text =
        u"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%1\" height=\"%2\" font-family=\"sans-serif\" "
        "font-size=\"11\">\n"_s.arg(svgWidth)
            .arg(height);
    const QString ink = palette().color(QPalette::Text).name(),
                  paper = palette().color(QPalette::Base).name();
    text += u"<rect width=\"100%\" height=\"100%\" fill=\"%1\"/>\n"_s.arg(paper);
    eachShown(svgWidth, [&](int number, double x, double width) {
        const FlameFrame &frame = m_graph.frame(number);
        const int y = frame.depth * svgRow;
        text += u"<g><title>%1</title><rect x=\"%2\" y=\"%3\" width=\"%4\" height=\"%5\" fill=\"%6\" "
                "stroke=\"%7\"/>"_s.arg(m_graph.describe(number).toHtmlEscaped())
                    .arg(x, 0, 'f', 1)
                    .arg(y)
                    .arg(width, 0, 'f', 1)
                    .arg(svgRow)
                    .arg(colorOf(number).name(), paper);
        constexpr int letter = 6; // about, in pixels; a viewer's font is not known
        if (const int room = int(width - 6) / letter; room >= 3)
            text += u"<text x=\"%1\" y=\"%2\" fill=\"%3\">%4</text>"_s.arg(x + 3, 0, 'f', 1)
                        .arg(y + svgRow - 5)
                        .arg(ink, (frame.name.size() <= room ? frame.name : frame.name.left(room - 1) + u'…')
                                      .toHtmlEscaped());
        text += u"</g>\n"_s;
    });
    return (text + u"</svg>\n"_s).toUtf8();
}

void FlameView::resizeEvent(QResizeEvent *) {
    layOut();
}

void FlameView::mousePressEvent(QMouseEvent *event) {
    if (const int number = frameAt(event->position().toPoint()); number >= 0)
        setCurrent(number);
}

void FlameView::mouseDoubleClickEvent(QMouseEvent *event) {
    if (const int number = frameAt(event->position().toPoint()); number >= 0)
        zoomTo(number);
}

void FlameView::keyPressEvent(QKeyEvent *event) {
    if (m_graph.isEmpty())
        return QAbstractScrollArea::keyPressEvent(event);
    const int from = m_current < 0 ? m_zoomed : m_current;
    switch (event->key()) {
    case Qt::Key_Up:
        setCurrent(std::max(0, m_graph.frame(from).parent));
        break;
    case Qt::Key_Down:
        if (const int child = m_graph.largestChild(from); child >= 0)
            setCurrent(child);
        break;
    case Qt::Key_Left:
        setCurrent(m_graph.sibling(from, -1));
        break;
    case Qt::Key_Right:
        setCurrent(m_graph.sibling(from, +1));
        break;
    case Qt::Key_Return:
    case Qt::Key_Enter:
        zoomTo(from);
        break;
    case Qt::Key_Backspace:
        zoomTo(std::max(0, m_graph.frame(m_zoomed).parent));
        break;
    case Qt::Key_Escape:
    case Qt::Key_Home:
        zoomOut();
        break;
    default:
        QAbstractScrollArea::keyPressEvent(event);
    }
}

bool FlameView::viewportEvent(QEvent *event) {
    if (event->type() == QEvent::ToolTip) {
        const auto *const help = static_cast<QHelpEvent *>(event);
        const int number = frameAt(help->pos());
        QToolTip::showText(help->globalPos(),
                           number < 0 ? QString() : m_graph.describe(number).toHtmlEscaped(), this);
        return true;
    }
    return QAbstractScrollArea::viewportEvent(event);
}

} // namespace nitroscope::app
