// SPDX-License-Identifier: GPL-2.0-or-later
//
// The boot stages as one bar over the guest's virtual time: how long each stage took, at a glance.
#pragma once

#include <QWidget>

namespace nitroscope::app {

class BootStageModel;

class StageTimeline : public QWidget {
    Q_OBJECT
public:
    explicit StageTimeline(const BootStageModel &model, QWidget *parent = nullptr);

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override { return sizeHint(); }
    // The stage whose time span is at this x, -1 outside.
    int stageAt(int x) const;

signals:
    void stageClicked(int row);

protected:
    bool event(QEvent *event) override;
    void paintEvent(QPaintEvent *event) override;
    void mousePressEvent(QMouseEvent *event) override;

private:
    qreal xOf(qint64 virtualNs) const;

    const BootStageModel &m_model;
};

} // namespace nitroscope::app
