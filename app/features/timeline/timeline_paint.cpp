// SPDX-License-Identifier: GPL-2.0-or-later
//
// The timeline's picture. Each lane is drawn from left to right by jumping from the event on one pixel to the
// first one beyond it; what lies between is only counted.
#include "app/features/timeline/timeline_view.hpp"
#include "app/session/nsm/nsm_transaction.hpp"
#include "app/ui/theme/theme.hpp"

#include <algorithm>
#include <cmath>
#include <QPainter>
#include <QScrollBar>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;
namespace {

constexpr int tickPixels = 90;      // between two labels of the ruler, at least
constexpr int textGap = 4;          // pixels between a mark and its text
constexpr int minText = 30;         // pixels below which no text is tried
constexpr size_t maxSpans = 50'000; // that are looked through for those reaching into the view

QColor laneColor(const QPalette &palette, TimelineLane lane) {
    return theme::seriesColor(palette, static_cast<int>(lane));
}

} // namespace

// Where in its lane an event is: packets from the guest above those to it, flows in rows of their own.
QRect TimelineView::markRect(const TimelineEvent &event, const QRect &lane) const {
    const QRect inner = lane.adjusted(0, 3, 0, -3);
    if (event.lane == TimelineLane::packets)
        return event.row == 1 ? inner.adjusted(0, 0, 0, -inner.height() / 2)
                              : inner.adjusted(0, inner.height() - inner.height() / 2, 0, 0);
    if (event.lane == TimelineLane::flows) {
        const int height = std::max(2, inner.height() / m_model.flowRowsUsed());
        return {inner.left(), inner.top() + event.row * height, inner.width(), std::max(1, height - 1)};
    }
    if (event.kind == TimelineEvent::Kind::systemCallResult)
        return inner.adjusted(0, inner.height() / 2, 0, 0);
    return inner;
}

void TimelineView::paintEvent(QPaintEvent *) {
    QPainter painter(viewport());
    painter.fillRect(viewport()->rect(), palette().base());
    const QRect below(0, rulerHeight(), viewport()->width(), viewport()->height() - rulerHeight());
    painter.save();
    painter.setClipRect(below);
    for (const TimelineLane lane : m_lanes)
        if (const QRect rect = laneRect(lane); rect.intersects(below))
            paintLane(painter, lane, rect);
    painter.restore();
    paintNow(painter);
    paintMeasure(painter);
    painter.save();
    painter.setClipRect(below);
    paintChosen(painter);
    painter.restore();
    paintRuler(painter);
}

void TimelineView::paintRuler(QPainter &painter) const {
    const int bottom = rulerHeight();
    painter.setPen(theme::hairline(palette()));
    painter.drawLine(0, bottom - 1, viewport()->width(), bottom - 1);
    const qint64 step = m_axis.tickStep(tickPixels);
    const int line = fontMetrics().height();
    for (const qint64 tick : m_axis.ticks(tickPixels)) {
        const int x = m_gutter + static_cast<int>(m_axis.xOf(tick));
        if (x < m_gutter)
            continue;
        painter.setPen(theme::hairline(palette()));
        painter.drawLine(x, bottom - 5, x, bottom - 1);
        painter.setPen(theme::mutedText(palette()));
        painter.drawText(QRect(x + 3, bottom - line - 3, tickPixels, line), Qt::AlignLeft | Qt::AlignVCenter,
                         TimeAxis::label(tick, step));
    }
    painter.setPen(theme::mutedText(palette()));
    painter.drawText(QRect(8, bottom - line - 3, m_gutter - 8, line), Qt::AlignLeft | Qt::AlignVCenter,
                     m_model.clock() == TimelineClock::guest ? u"Guest"_s : u"Host"_s);
    if (m_hover >= 0 && !m_model.events().empty()) {
        const int x = m_gutter + m_hover;
        const qint64 pixel = std::max<qint64>(1, static_cast<qint64>(m_axis.nsPerPixel()));
        const QString time = TimeAxis::label(m_axis.timeAt(m_hover), pixel);
        const int width = fontMetrics().horizontalAdvance(time) + 8;
        const int left = std::min(x + 3, viewport()->width() - width);
        painter.setPen(theme::faintText(palette()));
        painter.drawLine(x, line, x, viewport()->height());
        painter.fillRect(QRect(left, 1, width, line), palette().base());
        painter.setPen(palette().color(QPalette::Text));
        painter.drawText(QRect(left, 1, width, line), Qt::AlignLeft | Qt::AlignVCenter, time);
    }
}

void TimelineView::paintLane(QPainter &painter, TimelineLane lane, const QRect &rect) const {
    painter.setPen(theme::hairline(palette()));
    painter.drawLine(0, rect.bottom(), viewport()->width(), rect.bottom());
    painter.setPen(palette().color(QPalette::Text));
    painter.drawText(QRect(8, rect.top(), m_gutter - 12, rect.height()), Qt::AlignLeft | Qt::AlignVCenter,
                     laneName(lane));
    const QColor color = laneColor(palette(), lane);
    painter.save();
    painter.setClipRect(rect.adjusted(-1, 0, 8, 0), Qt::IntersectClip);
    if (m_model.longest(lane) > 0 || lane == TimelineLane::flows || lane == TimelineLane::nsm)
        paintSpans(painter, lane, rect, color);
    paintMarks(painter, lane, rect, color);
    painter.restore();
}

// What lasts longer than a pixel or two, also when it began before the view.
void TimelineView::paintSpans(QPainter &painter, TimelineLane lane, const QRect &rect,
                              const QColor &color) const {
    const std::vector<int> &numbers = m_model.shown(lane);
    const bool hasOpen = lane == TimelineLane::flows || lane == TimelineLane::nsm;
    const qint64 earliest = m_axis.from() - m_model.longest(lane);
    const size_t last = m_model.positionOf(lane, m_axis.to());
    const size_t first =
        std::max(hasOpen ? 0 : m_model.positionOf(lane, earliest), last > maxSpans ? last - maxSpans : 0);
    const QColor fill = theme::rangeBackground(palette(), color);
    int lastX = -1;
    for (size_t at = first; at < last; ++at) {
        const int number = numbers[at];
        const qint64 end = m_model.endOf(number);
        if (end < m_axis.from())
            continue;
        const double x0 = m_axis.xOf(m_model.beginOf(number)), x1 = m_axis.xOf(end);
        if (x1 - x0 < 2)
            continue;
        const QRect mark = markRect(m_model.event(number), rect);
        const int left = std::max(0, static_cast<int>(x0)),
                  right = std::min<int>(rect.width(), static_cast<int>(x1));
        if (left == lastX && right - left < 2)
            continue;
        lastX = left;
        const bool notable = m_model.event(number).isNotable();
        painter.fillRect(QRect(m_gutter + left, mark.top(), std::max(1, right - left), mark.height()),
                         notable ? theme::rangeBackground(
                                       palette(), theme::toneColor(palette(), m_model.event(number).tone))
                                 : fill);
    }
}

// Marks of the events on each pixel, in the strength of their number; beside a single one its words, as far
// as the next mark leaves room.
void TimelineView::paintMarks(QPainter &painter, TimelineLane lane, const QRect &rect,
                              const QColor &color) const {
    const std::vector<int> &numbers = m_model.shown(lane);
    const std::vector<int> &notable = m_model.notable(lane);
    const QColor base = palette().color(QPalette::Base);
    const int line = fontMetrics().height();
    const bool isPacket = lane == TimelineLane::packets, isFlow = lane == TimelineLane::flows;
    size_t at = m_model.positionOf(lane, m_axis.from());
    int taken = 0; // x up to which the lane is drawn
    while (at < numbers.size()) {
        const int first = numbers[at];
        const int x = static_cast<int>(std::floor(m_axis.xOf(m_model.beginOf(first))));
        if (x > rect.width())
            break;
        size_t next = m_model.positionOf(lane, m_axis.timeAt(x + 1));
        next = std::max(next, at + 1);
        const size_t count = next - at;
        // Any that is worth a look shows through the rest.
        const TimelineEvent *worst = nullptr;
        const auto from = std::lower_bound(notable.begin(), notable.end(), m_model.beginOf(first),
                                           [this](int n, qint64 ns) { return m_model.beginOf(n) < ns; });
        if (from != notable.end() && m_model.beginOf(*from) <= m_model.beginOf(numbers[next - 1]))
            worst = &m_model.event(*from);
        const double strength = std::min(1.0, 0.7 + 0.1 * std::log2(static_cast<double>(count)));
        const TimelineEvent &event = m_model.event(first);
        const QColor plain = event.tone == Tone::muted && count == 1 ? theme::faintText(palette())
                                                                     : theme::mixed(base, color, strength);
        const QColor shade = worst ? theme::toneColor(palette(), worst->tone) : plain;
        constexpr size_t maxSingle = 16; // marks that are placed one by one
        if ((isPacket || isFlow || lane == TimelineLane::systemCalls) && count <= maxSingle) {
            for (size_t i = at; i < next; ++i) {
                const TimelineEvent &each = m_model.event(numbers[i]);
                const QRect mark = markRect(each, rect);
                painter.fillRect(QRect(m_gutter + x, mark.top(), 2, mark.height()),
                                 each.isNotable() ? theme::toneColor(palette(), each.tone) : plain);
            }
        } else {
            painter.fillRect(QRect(m_gutter + x, rect.top() + 3, 2, rect.height() - 6), shade);
        }
        // Its words: of packets and flows only where the lane is high enough for two lines.
        size_t beside = next; // packets the other way are in the other half
        while (isPacket && beside < std::min(numbers.size(), next + maxSingle) &&
               m_model.event(numbers[beside]).row != event.row)
            ++beside;
        const double nextX =
            beside < numbers.size() ? m_axis.xOf(m_model.beginOf(numbers[beside])) : rect.width() + 8.0;
        const int room = static_cast<int>(std::min(nextX, rect.width() + 8.0)) - x - 2 * textGap;
        const QRect mark = markRect(event, rect);
        const int roomLeft = x - taken - 2 * textGap;
        taken = x + 2;
        if (count == 1 && std::max(room, roomLeft) >= minText && mark.height() >= line - 3) {
            painter.setPen(worst ? shade : palette().color(QPalette::Text));
            const QString text = m_model.text(first);
            const int wanted = std::min(fontMetrics().horizontalAdvance(text), rect.width() / 2);
            const bool isLeft = !isPacket && wanted > room && roomLeft > room && m_model.longest(lane) == 0;
            const QRect place =
                isLeft ? QRect(m_gutter + x - textGap - roomLeft, mark.top(), roomLeft, mark.height())
                       : QRect(m_gutter + x + 2 + textGap, mark.top(), room, mark.height());
            painter.drawText(place, (isLeft ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter,
                             fontMetrics().elidedText(text, Qt::ElideRight, place.width()));
            if (!isLeft)
                taken += textGap + std::min(wanted, room);
        } else if (count > 1 && room >= minText && !isPacket && !isFlow) {
            const QString many = u"%1×"_s.arg(count);
            painter.setPen(theme::mutedText(palette()));
            painter.drawText(QRect(m_gutter + x + 2 + textGap, rect.top(), room, rect.height()),
                             Qt::AlignLeft | Qt::AlignVCenter, many);
            taken += textGap + fontMetrics().horizontalAdvance(many);
        }
        at = next;
    }
}

void TimelineView::paintChosen(QPainter &painter) const {
    if (m_current < 0)
        return;
    const double x = m_axis.xOf(m_model.beginOf(m_current));
    const QRect rect = laneRect(m_model.event(m_current).lane);
    if (x < -1 || x > m_axis.width() + 1)
        return;
    const QColor color = palette().color(QPalette::Highlight);
    const int at = m_gutter + static_cast<int>(x);
    painter.setPen(QPen(theme::mixed(palette().color(QPalette::Base), color, 0.5), 1, Qt::DotLine));
    painter.drawLine(at, rulerHeight(), at, viewport()->height());
    if (!rect.isValid())
        return;
    const double end = m_axis.xOf(m_model.endOf(m_current));
    const int width = std::clamp(static_cast<int>(end - x), 2, std::max(2, rect.right() - at));
    const QRect mark = markRect(m_model.event(m_current), rect);
    painter.setPen(QPen(color, 2));
    painter.drawRect(QRect(at - 1, mark.top() - 1, width + 2, mark.height() + 1));
}

// The cursor of a recording: what is right of it has not happened yet.
void TimelineView::paintNow(QPainter &painter) const {
    const auto now = m_model.nowNs();
    if (!now)
        return;
    const int x = m_gutter + std::clamp(static_cast<int>(m_axis.xOf(*now)), -1, m_axis.width() + 1);
    QColor veil = palette().color(QPalette::Base);
    veil.setAlphaF(0.6F);
    const int left = std::max(m_gutter, x);
    painter.fillRect(
        QRect(left, rulerHeight(), viewport()->width() - left, viewport()->height() - rulerHeight()), veil);
    if (x < m_gutter || x > m_gutter + m_axis.width())
        return;
    const QColor color = theme::toneColor(palette(), Tone::attention);
    painter.setPen(QPen(color, 2));
    painter.drawLine(x, fontMetrics().height(), x, viewport()->height());
    const QString text = u"Now"_s;
    const int width = fontMetrics().horizontalAdvance(text) + 12;
    const QRect tag(std::clamp(x - width / 2, m_gutter, std::max(m_gutter, viewport()->width() - width)), 1,
                    width, fontMetrics().height());
    painter.fillRect(tag, color);
    painter.setPen(palette().color(QPalette::Base));
    painter.drawText(tag, Qt::AlignCenter, text);
}

void TimelineView::paintMeasure(QPainter &painter) const {
    const auto range = measure();
    if (!range)
        return;
    const int x0 = m_gutter + std::clamp(static_cast<int>(m_axis.xOf(range->first)), -1, m_axis.width() + 1);
    const int x1 = m_gutter + std::clamp(static_cast<int>(m_axis.xOf(range->second)), -1, m_axis.width() + 1);
    QColor band = palette().color(QPalette::Highlight);
    painter.setPen(band);
    for (const int x : {x0, x1})
        if (x >= m_gutter && x <= m_gutter + m_axis.width())
            painter.drawLine(x, fontMetrics().height(), x, viewport()->height());
    band.setAlphaF(0.12F);
    painter.fillRect(QRect(x0, rulerHeight(), std::max(1, x1 - x0), viewport()->height() - rulerHeight()),
                     band);
    const QString text = durationText(static_cast<quint64>(range->second - range->first));
    const int width = fontMetrics().horizontalAdvance(text) + 12;
    const int left =
        std::clamp((x0 + x1 - width) / 2, m_gutter, std::max(m_gutter, viewport()->width() - width));
    const QRect tag(left, 1, width, fontMetrics().height());
    painter.fillRect(tag, palette().highlight());
    painter.setPen(palette().color(QPalette::HighlightedText));
    painter.drawText(tag, Qt::AlignCenter, text);
}

} // namespace nitroscope::app
