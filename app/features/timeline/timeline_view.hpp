// SPDX-License-Identifier: GPL-2.0-or-later
//
// Draws a TimelineModel: a ruler above one lane per source. The wheel zooms about the pointer, Shift and
// wheel pan, a drag measures, a click chooses the nearest event. What is drawn is found per pixel by
// bisection, so that a million events cost no more than the pixels they fall on; texts are made only where
// there is room. Split by subject: timeline_view.cpp (keys, mouse, choosing), timeline_paint.cpp.
#pragma once

#include "app/features/timeline/time_axis.hpp"
#include "app/features/timeline/timeline_model.hpp"

#include <optional>
#include <QAbstractScrollArea>

namespace nitroscope::app {

class TimelineView : public QAbstractScrollArea {
    Q_OBJECT
public:
    // The model outlives the view.
    explicit TimelineView(TimelineModel &model, QWidget *parent = nullptr);

    const TimeAxis &axis() const { return m_axis; }
    int current() const { return m_current; } // number of the chosen event; -1 = none
    // From elsewhere: comes into view, nothing is emitted.
    void setCurrent(int number);

    void fit();
    void zoomIn();
    void zoomOut();
    void zoomToMeasure(); // or to the chosen event and its surroundings
    void step(int by);    // to the next event of any lane
    void stepNotable(int by);
    // Two points of time; the first call sets one end at the chosen event, moving on sets the other.
    void toggleMeasure();
    std::optional<std::pair<qint64, qint64>> measure() const; // ordered
    // The lanes that have a place now, and where; for tests and accessibility.
    const std::vector<TimelineLane> &lanes() const { return m_lanes; }
    QRect laneRect(TimelineLane lane) const; // in the viewport's coordinates
    QPoint pointOf(int number) const;

    QSize sizeHint() const override { return {600, 240}; }

signals:
    void chosen(int number); // by the user
    void opened(int number); // by a double click or Return
    void measureChanged();
    // Of a recording: the ruler was clicked, or the cursor is dragged along it; the clock in force.
    void timeWanted(qint64 ns);

protected:
    void paintEvent(QPaintEvent *event) override;
    void resizeEvent(QResizeEvent *event) override;
    void wheelEvent(QWheelEvent *event) override;
    void mousePressEvent(QMouseEvent *event) override;
    void mouseMoveEvent(QMouseEvent *event) override;
    void mouseReleaseEvent(QMouseEvent *event) override;
    void mouseDoubleClickEvent(QMouseEvent *event) override;
    void keyPressEvent(QKeyEvent *event) override;
    bool viewportEvent(QEvent *event) override;
    void scrollContentsBy(int dx, int dy) override;
    void changeEvent(QEvent *event) override;

private:
    void takeModel();
    void layOut();
    void updateBars();
    void zoom(double factor);
    void choose(int number);
    void stepLane(int by);
    int eventAt(QPoint point) const; // -1 = none near
    std::optional<TimelineLane> laneAt(int y) const;
    int plotWidth() const;
    int rulerHeight() const;
    void changeMeasure(std::optional<qint64> from, std::optional<qint64> to);
    qint64 snapped(QPoint point) const; // time of the pointer, or of the event beside it
    void viewMoved();
    void wantTime(const QMouseEvent &event);

    // timeline_paint.cpp
    void paintRuler(QPainter &painter) const;
    void paintLane(QPainter &painter, TimelineLane lane, const QRect &rect) const;
    void paintSpans(QPainter &painter, TimelineLane lane, const QRect &rect, const QColor &color) const;
    void paintMarks(QPainter &painter, TimelineLane lane, const QRect &rect, const QColor &color) const;
    void paintChosen(QPainter &painter) const;
    void paintMeasure(QPainter &painter) const;
    void paintNow(QPainter &painter) const;
    QRect markRect(const TimelineEvent &event, const QRect &lane) const; // its height in the lane

    TimelineModel &m_model;
    TimeAxis m_axis;
    std::vector<TimelineLane> m_lanes;
    int m_gutter = 0, m_laneHeight = 0;
    int m_current = -1;
    std::optional<qint64> m_measureFrom, m_measureTo;
    bool m_measuresCurrent = false; // the other end goes with the chosen event
    std::optional<QPoint> m_pressed, m_panned;
    bool m_dragsNow = false;
    int m_hover = -1; // x in the plot; -1 = not over it
    bool m_settingBars = false;
};

} // namespace nitroscope::app
