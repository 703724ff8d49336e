// SPDX-License-Identifier: GPL-2.0-or-later
//
// Draws a FlameGraph: callers above, what they call below, as wide as their samples. A click chooses a frame, a double click
// or Return shows it over the whole width; arrows go to caller, largest callee and neighbours. Frames narrower than a pixel
// are not drawn, so that a picture costs what its pixels cost.
#pragma once

#include "app/features/profile/flame_graph.hpp"

#include <QAbstractScrollArea>

namespace nitroscope::app {

class FlameView : public QAbstractScrollArea {
    Q_OBJECT
public:
    explicit FlameView(QWidget *parent = nullptr);

    const FlameGraph &graph() const { return m_graph; }
    void setGraph(FlameGraph graph);

    int current() const { return m_current; } // number of the chosen frame; -1 = none
    void setCurrent(int number);
    int zoomed() const { return m_zoomed; } // the frame over the whole width; 0 = all
    void zoomTo(int number);
    void zoomOut() { zoomTo(0); }
    // Frames with this text are marked; the first call of findNext() chooses the first.
    void setSearch(const QString &text);
    const std::vector<int> &found() const { return m_found; }
    void findNext(int by);

    // Where a frame is drawn, in the viewport's coordinates; empty when it is not.
    QRect rectOf(int number) const;
    // The picture as SVG, all of it at the present zoom.
    QByteArray svg() const;

    QSize sizeHint() const override { return {600, 300}; }

signals:
    void currentChanged();

protected:
    void paintEvent(QPaintEvent *event) override;
    void resizeEvent(QResizeEvent *event) override;
    void mousePressEvent(QMouseEvent *event) override;
    void mouseDoubleClickEvent(QMouseEvent *event) override;
    void keyPressEvent(QKeyEvent *event) override;
    bool viewportEvent(QEvent *event) override;

private:
    // Calls `draw(number, x, width)` for all frames that have a place at this width, callers first.
    template <class Draw>
    void eachShown(double width, const Draw &draw) const;
    int frameAt(QPoint point) const;
    int rowHeight() const;
    QColor colorOf(int number) const;
    void layOut();

    FlameGraph m_graph;
    int m_zoomed = 0, m_current = -1;
    std::vector<int> m_found;
    QString m_search;
};

} // namespace nitroscope::app
