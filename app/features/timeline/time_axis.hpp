// SPDX-License-Identifier: GPL-2.0-or-later
//
// The arithmetic of a view over time: which nanoseconds are between which pixels, zooming about a point,
// panning, ticks at round times. No widget, so that it can be tested by itself. Times are nanoseconds since
// the beginning of whatever is shown; pixels count from the left edge of the plot.
#pragma once

#include <QString>
#include <vector>

namespace nitroscope::app {

class TimeAxis {
public:
    static constexpr qint64 minSpanNs = 200; // that a view can show; closer there is nothing to see

    int width() const { return m_width; }
    void setWidth(int pixels);
    // First and last time that there is. A view that shows everything goes on to do so.
    void setExtent(qint64 first, qint64 last);
    qint64 first() const { return m_first; }
    qint64 last() const { return m_last; }

    qint64 from() const { return m_from; }
    qint64 to() const { return m_to; }
    qint64 span() const { return m_to - m_from; }
    double nsPerPixel() const { return static_cast<double>(span()) / m_width; }
    double xOf(qint64 ns) const;
    qint64 timeAt(double x) const;

    void show(qint64 from, qint64 to);
    void fit(); // everything, with a little air at both ends
    bool isFit() const { return m_fit; }
    // The time under x stays there; a factor below 1 shows less.
    void zoom(double factor, double x);
    void pan(double pixels); // positive: later
    // Pans as little as it takes to have the time in view, away from the edges.
    void reveal(qint64 ns);

    // Round times in view, at least so many pixels apart; and the nanoseconds between two of them.
    qint64 tickStep(int leastPixels) const;
    std::vector<qint64> ticks(int leastPixels) const;
    // "1.25 s": seconds with as many decimals as a step of so many nanoseconds needs.
    static QString label(qint64 ns, qint64 stepNs);

private:
    void clamp();

    int m_width = 1;
    qint64 m_first = 0, m_last = 0;
    qint64 m_from = 0, m_to = minSpanNs;
    bool m_fit = true;
};

} // namespace nitroscope::app
