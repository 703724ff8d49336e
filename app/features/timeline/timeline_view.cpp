// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/features/timeline/timeline_view.hpp"

#include <algorithm>
#include <cmath>
#include <QAccessible>
#include <QApplication>
#include <QHelpEvent>
#include <QMouseEvent>
#include <QScopedValueRollback>
#include <QScrollBar>
#include <QToolTip>
#include <QWheelEvent>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;
namespace {

constexpr double zoomStep = 0.8;    // of the span, per notch of the wheel
constexpr int nearPixels = 6;       // how far from an event a click may be
constexpr int barSteps = 1'000'000; // of the horizontal scroll bar over everything

} // namespace

TimelineView::TimelineView(TimelineModel &model, QWidget *parent)
    : QAbstractScrollArea(parent), m_model(model) {
    setFocusPolicy(Qt::StrongFocus);
    setFrameShape(QFrame::NoFrame);
    setAccessibleName(u"Timeline"_s);
    setAccessibleDescription(u"No event chosen"_s);
    viewport()->setMouseTracking(true);
    viewport()->setAutoFillBackground(false);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOn);
    connect(&m_model, &TimelineModel::changed, this, &TimelineView::takeModel);
    connect(&m_model, &TimelineModel::nowMoved, this, [this] {
        if (const auto now = m_model.nowNs(); now && !m_dragsNow)
            m_axis.reveal(*now);
        viewMoved();
    });
    connect(&m_model, &TimelineModel::filtered, this, [this] {
        if (m_current >= static_cast<int>(m_model.events().size()))
            setCurrent(-1);
        if (m_model.events().empty()) {
            changeMeasure({}, {});
            m_axis = {};
        }
        takeModel();
    });
    takeModel();
}

void TimelineView::takeModel() {
    const auto [first, last] = m_model.extent();
    m_axis.setExtent(first, last);
    layOut();
    viewMoved();
}

int TimelineView::rulerHeight() const {
    return fontMetrics().height() * 2 + 6; // measure above ticks
}

int TimelineView::plotWidth() const {
    return std::max(1, viewport()->width() - m_gutter - 8);
}

// Lanes without any event have no place; those that are there share the height.
void TimelineView::layOut() {
    m_lanes.clear();
    int widest = 0;
    for (int i = 0; i < timelineLanes; ++i) {
        const auto lane = static_cast<TimelineLane>(i);
        if (m_model.laneSize(lane) == 0 || !m_model.filter().has(lane))
            continue;
        m_lanes.push_back(lane);
        widest = std::max(widest, fontMetrics().horizontalAdvance(laneName(lane)));
    }
    m_gutter = widest + 16;
    const int line = fontMetrics().height();
    const int room = viewport()->height() - rulerHeight();
    const int count = std::max<int>(1, static_cast<int>(m_lanes.size()));
    m_laneHeight = std::clamp(room / count, line * 3 / 2, line * 4);
    m_axis.setWidth(plotWidth());
    verticalScrollBar()->setRange(0, std::max(0, m_laneHeight * count - room));
    verticalScrollBar()->setPageStep(std::max(1, room));
    verticalScrollBar()->setSingleStep(m_laneHeight);
}

void TimelineView::viewMoved() {
    updateBars();
    viewport()->update();
}

void TimelineView::updateBars() {
    const QScopedValueRollback guard(m_settingBars, true);
    const double all = std::max<double>(1, static_cast<double>(m_axis.last() - m_axis.first()));
    QScrollBar *bar = horizontalScrollBar();
    const double part = m_axis.isFit() ? 1 : std::min(1.0, static_cast<double>(m_axis.span()) / all);
    const int page = std::max(1, static_cast<int>(barSteps * part));
    bar->setPageStep(page);
    bar->setSingleStep(std::max(1, page / 10));
    bar->setRange(0, barSteps - page);
    bar->setValue(static_cast<int>(static_cast<double>(m_axis.from() - m_axis.first()) / all * barSteps));
}

void TimelineView::scrollContentsBy(int, int) {
    if (m_settingBars)
        return;
    const QScrollBar *bar = horizontalScrollBar();
    if (!m_axis.isFit() && bar->maximum() > 0) {
        const double all = static_cast<double>(m_axis.last() - m_axis.first());
        const auto from = m_axis.first() + static_cast<qint64>(all * bar->value() / barSteps);
        m_axis.show(from, from + m_axis.span());
    }
    viewport()->update();
}

void TimelineView::setCurrent(int number) {
    m_current = number;
    if (number >= 0) {
        m_axis.reveal(m_model.beginOf(number));
        if (const QRect lane = laneRect(m_model.event(number).lane); lane.isValid()) {
            if (lane.top() < rulerHeight())
                verticalScrollBar()->setValue(verticalScrollBar()->value() + lane.top() - rulerHeight());
            else if (lane.bottom() > viewport()->height())
                verticalScrollBar()->setValue(verticalScrollBar()->value() + lane.bottom() -
                                              viewport()->height());
        }
        if (m_measuresCurrent)
            changeMeasure(m_measureFrom, m_model.beginOf(number));
    }
    setAccessibleDescription(number < 0
                                 ? u"No event chosen"_s
                                 : u"%1 at %2: %3"_s.arg(laneName(m_model.event(number).lane),
                                                         m_model.timeText(number), m_model.text(number)));
    QAccessibleEvent event(this, QAccessible::DescriptionChanged);
    QAccessible::updateAccessibility(&event);
    viewMoved();
}

void TimelineView::choose(int number) {
    if (number < 0)
        return;
    setCurrent(number);
    emit chosen(number);
}

void TimelineView::fit() {
    m_axis.fit();
    viewMoved();
}

void TimelineView::zoomIn() {
    zoom(zoomStep * zoomStep);
}

void TimelineView::zoomOut() {
    zoom(1 / (zoomStep * zoomStep));
}

// About the chosen event, if it is in view.
void TimelineView::zoom(double factor) {
    const double x = m_current >= 0 ? m_axis.xOf(m_model.beginOf(m_current)) : -1;
    m_axis.zoom(factor, x >= 0 && x <= m_axis.width() ? x : m_axis.width() / 2.0);
    viewMoved();
}

void TimelineView::zoomToMeasure() {
    qint64 from = 0, to = 0;
    if (const auto range = measure(); range && range->second > range->first) {
        std::tie(from, to) = *range;
    } else if (m_current >= 0) {
        from = m_model.beginOf(m_current);
        to = m_model.endOf(m_current);
        if (to == from) { // a point: down to its neighbours
            const int before = m_model.neighbourInAny(m_current, -1, false);
            const int after = m_model.neighbourInAny(m_current, +1, false);
            from = before >= 0 ? m_model.beginOf(before) : from;
            to = after >= 0 ? m_model.beginOf(after) : to;
        }
    } else {
        return;
    }
    const qint64 air = std::max<qint64>(TimeAxis::minSpanNs / 2, (to - from) / 10);
    m_axis.show(from - air, to + air);
    viewMoved();
}

void TimelineView::step(int by) {
    if (m_current < 0 || !m_model.isShown(m_current)) {
        int first = -1;
        for (const TimelineLane lane : m_lanes)
            if (const auto &numbers = m_model.shown(lane); !numbers.empty()) {
                const int candidate = by < 0 ? numbers.back() : numbers.front();
                const qint64 time = m_model.beginOf(candidate);
                if (first < 0 || (by < 0 ? time > m_model.beginOf(first) : time < m_model.beginOf(first)))
                    first = candidate;
            }
        choose(first);
        return;
    }
    choose(m_model.neighbourInAny(m_current, by, false));
}

void TimelineView::stepNotable(int by) {
    if (m_current >= 0) {
        choose(m_model.neighbourInAny(m_current, by, true));
        return;
    }
    int first = -1;
    for (const TimelineLane lane : m_lanes)
        if (const auto &numbers = m_model.notable(lane); !numbers.empty())
            if (first < 0 || m_model.beginOf(numbers.front()) < m_model.beginOf(first))
                first = numbers.front();
    choose(first);
}

void TimelineView::stepLane(int by) {
    if (m_lanes.empty())
        return;
    if (m_current < 0)
        return step(+1);
    const auto at = std::find(m_lanes.begin(), m_lanes.end(), m_model.event(m_current).lane);
    const qint64 time = m_model.beginOf(m_current);
    for (auto next = (at - m_lanes.begin()) + by; next >= 0 && next < std::ssize(m_lanes); next += by)
        if (const int found = m_model.nearest(m_lanes[static_cast<size_t>(next)], time); found >= 0)
            return choose(found);
}

void TimelineView::changeMeasure(std::optional<qint64> from, std::optional<qint64> to) {
    m_measureFrom = from;
    m_measureTo = to;
    if (!from)
        m_measuresCurrent = false;
    viewport()->update();
    emit measureChanged();
}

void TimelineView::toggleMeasure() {
    if (m_measureFrom) {
        changeMeasure({}, {});
    } else if (m_current >= 0) {
        m_measuresCurrent = true;
        changeMeasure(m_model.beginOf(m_current), m_model.beginOf(m_current));
    }
}

std::optional<std::pair<qint64, qint64>> TimelineView::measure() const {
    if (!m_measureFrom || !m_measureTo)
        return std::nullopt;
    return std::minmax(*m_measureFrom, *m_measureTo);
}

QRect TimelineView::laneRect(TimelineLane lane) const {
    const auto at = std::find(m_lanes.begin(), m_lanes.end(), lane);
    if (at == m_lanes.end())
        return {};
    const int top = rulerHeight() + static_cast<int>(at - m_lanes.begin()) * m_laneHeight;
    return {m_gutter, top - verticalScrollBar()->value(), plotWidth(), m_laneHeight};
}

std::optional<TimelineLane> TimelineView::laneAt(int y) const {
    const int inLanes = y - rulerHeight() + verticalScrollBar()->value();
    if (y < rulerHeight() || inLanes < 0 || inLanes / m_laneHeight >= std::ssize(m_lanes))
        return std::nullopt;
    return m_lanes[static_cast<size_t>(inLanes / m_laneHeight)];
}

QPoint TimelineView::pointOf(int number) const {
    const TimelineEvent &event = m_model.event(number);
    return {m_gutter + static_cast<int>(m_axis.xOf(m_model.beginOf(number))),
            markRect(event, laneRect(event.lane)).center().y()};
}

// The event whose mark is nearest; of a lane with spans also one that is under the pointer.
int TimelineView::eventAt(QPoint point) const {
    const auto lane = laneAt(point.y());
    if (!lane)
        return -1;
    const int x = point.x() - m_gutter;
    const qint64 time = m_axis.timeAt(x);
    const std::vector<int> &numbers = m_model.shown(*lane);
    const QRect rect = laneRect(*lane);
    int best = -1;
    double bestDistance = nearPixels + 0.5;
    constexpr size_t maxLooked = 5000; // of what may be longer than it is far
    const size_t first = m_model.positionOf(*lane, time - m_model.longest(*lane) -
                                                       static_cast<qint64>(nearPixels * m_axis.nsPerPixel()));
    const size_t last =
        m_model.positionOf(*lane, time + static_cast<qint64>((nearPixels + 1) * m_axis.nsPerPixel()));
    for (size_t at = last; at-- > first && last - at < maxLooked;) {
        const int number = numbers[at];
        const double begin = m_axis.xOf(m_model.beginOf(number)), end = m_axis.xOf(m_model.endOf(number));
        double distance = x < begin ? begin - x : x > end ? x - end : 0;
        if (const QRect mark = markRect(m_model.event(number), rect);
            point.y() < mark.top() || point.y() > mark.bottom())
            distance += nearPixels / 2.0;
        if (distance < bestDistance) {
            best = number;
            bestDistance = distance;
        }
    }
    return best;
}

qint64 TimelineView::snapped(QPoint point) const {
    if (const int number = eventAt(point); number >= 0) {
        const qint64 begin = m_model.beginOf(number), end = m_model.endOf(number);
        const int x = point.x() - m_gutter;
        if (std::abs(m_axis.xOf(begin) - x) <= nearPixels)
            return begin;
        if (std::abs(m_axis.xOf(end) - x) <= nearPixels)
            return end;
    }
    return m_axis.timeAt(point.x() - m_gutter);
}

void TimelineView::resizeEvent(QResizeEvent *event) {
    QAbstractScrollArea::resizeEvent(event);
    layOut();
    viewMoved();
}

void TimelineView::wheelEvent(QWheelEvent *event) {
    const QPoint delta = event->angleDelta();
    const bool sideways =
        event->modifiers().testFlag(Qt::ShiftModifier) || std::abs(delta.x()) > std::abs(delta.y());
    const double notches =
        (delta.y() != 0 && !(std::abs(delta.x()) > std::abs(delta.y())) ? delta.y() : delta.x()) / 120.0;
    if (sideways)
        m_axis.pan(-notches * m_axis.width() / 8);
    else
        m_axis.zoom(std::pow(zoomStep, notches), event->position().x() - m_gutter);
    viewMoved();
    event->accept();
}

// Along the ruler the cursor of a recording follows the pointer.
void TimelineView::wantTime(const QMouseEvent &event) {
    emit timeWanted(std::clamp(m_axis.timeAt(event.pos().x() - m_gutter), m_axis.first(), m_axis.last()));
}

void TimelineView::mousePressEvent(QMouseEvent *event) {
    m_dragsNow = event->button() == Qt::LeftButton && event->pos().y() < rulerHeight() && m_model.nowNs();
    if (m_dragsNow)
        wantTime(*event);
    else if (event->button() == Qt::LeftButton)
        m_pressed = event->pos();
    else if (event->button() == Qt::MiddleButton)
        m_panned = event->pos();
}

void TimelineView::mouseMoveEvent(QMouseEvent *event) {
    m_hover = event->pos().x() >= m_gutter ? event->pos().x() - m_gutter : -1;
    if (m_dragsNow) {
        wantTime(*event);
        return;
    }
    if (m_panned) {
        m_axis.pan(m_panned->x() - event->pos().x());
        m_panned = event->pos();
        viewMoved();
        return;
    }
    if (m_pressed && (event->pos() - *m_pressed).manhattanLength() >= QApplication::startDragDistance()) {
        m_measuresCurrent = false;
        changeMeasure(snapped(*m_pressed), snapped(event->pos()));
    }
    viewport()->update();
}

void TimelineView::mouseReleaseEvent(QMouseEvent *event) {
    if (event->button() == Qt::MiddleButton)
        m_panned.reset();
    m_dragsNow = m_dragsNow && event->button() != Qt::LeftButton;
    if (event->button() != Qt::LeftButton || !m_pressed)
        return;
    const bool isClick = (event->pos() - *m_pressed).manhattanLength() < QApplication::startDragDistance();
    m_pressed.reset();
    if (isClick)
        choose(eventAt(event->pos()));
}

void TimelineView::mouseDoubleClickEvent(QMouseEvent *event) {
    if (const int number = eventAt(event->pos()); number >= 0 && event->button() == Qt::LeftButton)
        emit opened(number);
}

void TimelineView::keyPressEvent(QKeyEvent *event) {
    const bool control = event->modifiers().testFlag(Qt::ControlModifier);
    switch (event->key()) {
    case Qt::Key_Left:
    case Qt::Key_Right: {
        const int by = event->key() == Qt::Key_Left ? -1 : +1;
        if (control) {
            m_axis.pan(by * m_axis.width() / 8.0);
            viewMoved();
        } else if (m_current >= 0 && m_model.isShown(m_current)) {
            choose(m_model.neighbour(m_current, by));
        } else {
            step(by);
        }
        break;
    }
    case Qt::Key_Up:
        stepLane(-1);
        break;
    case Qt::Key_Down:
        stepLane(+1);
        break;
    case Qt::Key_PageUp:
    case Qt::Key_PageDown:
        m_axis.pan((event->key() == Qt::Key_PageUp ? -0.9 : 0.9) * m_axis.width());
        viewMoved();
        break;
    case Qt::Key_Home:
    case Qt::Key_End: {
        m_current = -1;
        step(event->key() == Qt::Key_Home ? +1 : -1);
        break;
    }
    case Qt::Key_Plus:
    case Qt::Key_Equal:
        zoomIn();
        break;
    case Qt::Key_Minus:
        zoomOut();
        break;
    case Qt::Key_0:
        fit();
        break;
    case Qt::Key_Return:
    case Qt::Key_Enter:
        if (m_current >= 0)
            emit opened(m_current);
        break;
    case Qt::Key_Escape:
        if (m_measureFrom)
            changeMeasure({}, {});
        else
            event->ignore();
        break;
    default:
        QAbstractScrollArea::keyPressEvent(event);
    }
}

bool TimelineView::viewportEvent(QEvent *event) {
    if (event->type() == QEvent::ToolTip) {
        const auto *help = static_cast<QHelpEvent *>(event);
        if (const int number = eventAt(help->pos()); number >= 0)
            QToolTip::showText(help->globalPos(),
                               foreignTip(m_model.timeText(number) + u": "_s + m_model.details(number)),
                               viewport());
        else
            QToolTip::hideText();
        return true;
    }
    if (event->type() == QEvent::Leave) {
        m_hover = -1;
        viewport()->update();
    }
    return QAbstractScrollArea::viewportEvent(event);
}

void TimelineView::changeEvent(QEvent *event) {
    QAbstractScrollArea::changeEvent(event);
    if (event->type() == QEvent::FontChange) {
        layOut();
        viewMoved();
    }
}

} // namespace nitroscope::app
