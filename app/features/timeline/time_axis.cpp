// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/features/timeline/time_axis.hpp"

#include <algorithm>
#include <cmath>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;
namespace {

constexpr double airPart = 0.02;          // of the span, at both ends of a view that shows everything
constexpr double edgePart = 0.1;          // of the width, where nothing is revealed
constexpr qint64 maxNs = qint64{1} << 61; // so that sums of two cannot overflow

} // namespace

void TimeAxis::setWidth(int pixels) {
    m_width = std::max(1, pixels);
}

void TimeAxis::setExtent(qint64 first, qint64 last) {
    m_first = std::clamp(first, -maxNs, maxNs);
    m_last = std::clamp(std::max(first, last), -maxNs, maxNs);
    if (m_fit)
        fit();
    else
        clamp();
}

double TimeAxis::xOf(qint64 ns) const {
    return static_cast<double>(ns - m_from) / static_cast<double>(span()) * m_width;
}

qint64 TimeAxis::timeAt(double x) const {
    return m_from + static_cast<qint64>(std::llround(x / m_width * static_cast<double>(span())));
}

void TimeAxis::show(qint64 from, qint64 to) {
    m_from = std::clamp(from, -maxNs, maxNs);
    m_to = std::clamp(to, -maxNs, maxNs);
    m_fit = false;
    clamp();
}

void TimeAxis::fit() {
    const qint64 span = std::max(m_last - m_first, minSpanNs);
    const auto air = static_cast<qint64>(static_cast<double>(span) * airPart);
    m_from = m_first - air;
    m_to = m_first + span + air;
    m_fit = true;
}

void TimeAxis::zoom(double factor, double x) {
    const qint64 fixed = timeAt(x);
    const double span = std::max(static_cast<double>(m_to - m_from) * factor, double(minSpanNs));
    const double part = x / m_width;
    if (span >= static_cast<double>(std::max(m_last - m_first, minSpanNs)) * (1 + 2 * airPart)) {
        fit(); // there is no more than everything
        return;
    }
    show(fixed - static_cast<qint64>(span * part), fixed + static_cast<qint64>(span * (1 - part)));
}

void TimeAxis::pan(double pixels) {
    const auto by = static_cast<qint64>(pixels * nsPerPixel());
    if (m_fit)
        return; // everything is there already
    show(m_from + by, m_to + by);
}

void TimeAxis::reveal(qint64 ns) {
    const double x = xOf(ns), edge = m_width * edgePart;
    if (x < 0 || x > m_width)
        pan(x - m_width / 2.0); // far away: to the middle
    else if (x < edge)
        pan(x - edge);
    else if (x > m_width - edge)
        pan(x - m_width + edge);
}

// A view is at least the least span, and always has some of what there is in it.
void TimeAxis::clamp() {
    const qint64 span = std::max(m_to - m_from, minSpanNs);
    const auto air = static_cast<qint64>(static_cast<double>(span) * 0.5);
    const qint64 latest = std::max(m_first - air, m_last - span + air);
    m_from = std::clamp(m_from, m_first - air, latest);
    m_to = m_from + span;
}

qint64 TimeAxis::tickStep(int leastPixels) const {
    const double least = nsPerPixel() * std::max(1, leastPixels);
    qint64 power = 1;
    while (power < maxNs / 10) {
        for (const qint64 step : {1, 2, 5})
            if (static_cast<double>(step * power) >= least)
                return step * power;
        power *= 10;
    }
    return power;
}

std::vector<qint64> TimeAxis::ticks(int leastPixels) const {
    const qint64 step = tickStep(leastPixels);
    std::vector<qint64> all;
    qint64 at = m_from / step * step;
    if (at < m_from)
        at += step;
    for (; at <= m_to; at += step)
        all.push_back(at);
    return all;
}

QString TimeAxis::label(qint64 ns, qint64 stepNs) {
    int decimals = 0;
    for (qint64 unit = 1'000'000'000; unit > stepNs && decimals < 9; unit /= 10)
        ++decimals;
    // By whole numbers: a double has no room for years of nanoseconds.
    const quint64 whole = ns < 0 ? 0 - static_cast<quint64>(ns) : static_cast<quint64>(ns);
    QString text = QString::number(whole / 1'000'000'000);
    if (decimals > 0)
        text += u'.' + u"%1"_s.arg(whole % 1'000'000'000, 9, 10, QLatin1Char('0')).left(decimals);
    return (ns < 0 ? u"−"_s : QString()) + text + u" s"_s;
}

} // namespace nitroscope::app
