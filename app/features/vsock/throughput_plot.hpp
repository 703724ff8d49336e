// SPDX-License-Identifier: GPL-2.0-or-later
//
// Bytes per second both ways over time: from the guest above the axis, to the guest below. Of the bins that
// fall on one pixel the largest is drawn, so that no peak is lost. Painted here because a plot library would
// have brought its licence and its data structures along for two curves.
#pragma once

#include <QWidget>
#include <utility>
#include <vector>

namespace nitroscope::app {

class ThroughputPlot : public QWidget {
    Q_OBJECT
public:
    using Bins = std::vector<std::pair<quint64, quint64>>; // {to the guest, from it}, bytes

    // The bins outlive the widget; call update() when they have changed.
    ThroughputPlot(const Bins &bins, qint64 binNs, QWidget *parent = nullptr);

    QSize sizeHint() const override { return {300, 120}; }
    // That the axis has room for at least: a burst of a moment is not drawn as broad as an hour.
    static constexpr qint64 minBins = 40;
    // Largest bytes per second of the bins that pixel column `x` of `width` stands for; pure, for tests.
    static std::pair<quint64, quint64> peakAt(const Bins &bins, qint64 binNs, int x, int width);

protected:
    void paintEvent(QPaintEvent *event) override;
    bool event(QEvent *event) override;

private:
    qint64 axisBins() const; // how many the axis has room for
    int usedWidth() const;   // pixels of the plot that stand for the bins there are
    QRect plotArea() const;

    const Bins &m_bins;
    qint64 m_binNs;
};

} // namespace nitroscope::app
