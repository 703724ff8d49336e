// SPDX-License-Identifier: GPL-2.0-or-later
//
// A label for what has no bounded length: names of files and documents, states with a reason. It shows as much as
// there is room for, the whole in a tool tip, and never makes what it stands in wider. Its colour follows the palette.
#pragma once

#include "app/ui/text/roles.hpp"

#include <QLabel>

namespace nitroscope::app {

class ElidedLabel : public QLabel {
    Q_OBJECT
public:
    // Names lose their middle: their ends tell them apart.
    explicit ElidedLabel(Qt::TextElideMode mode = Qt::ElideMiddle, QWidget *parent = nullptr);

    void setTone(Tone tone);
    QColor color() const;
    // What there is room for.
    QString shownText() const;

    QSize minimumSizeHint() const override;

protected:
    bool event(QEvent *event) override;
    void paintEvent(QPaintEvent *event) override;

private:
    Qt::TextElideMode m_mode;
    Tone m_tone = Tone::normal;
};

} // namespace nitroscope::app
