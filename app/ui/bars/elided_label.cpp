// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/ui/bars/elided_label.hpp"

#include "app/ui/theme/theme.hpp"

#include <algorithm>
#include <QHelpEvent>
#include <QPainter>
#include <QToolTip>

namespace nitroscope::app {

namespace {

constexpr int minCharacters = 4; // that are always there to be seen

} // namespace

ElidedLabel::ElidedLabel(Qt::TextElideMode mode, QWidget *parent) : QLabel(parent), m_mode(mode) {
    setTextFormat(Qt::PlainText);
}

void ElidedLabel::setTone(Tone tone) {
    m_tone = tone;
    update();
}

QColor ElidedLabel::color() const {
    return m_tone == Tone::normal ? palette().color(QPalette::WindowText)
                                  : theme::toneColor(palette(), m_tone);
}

QString ElidedLabel::shownText() const {
    return fontMetrics().elidedText(text(), m_mode, contentsRect().width());
}

QSize ElidedLabel::minimumSizeHint() const {
    const QSize whole = QLabel::minimumSizeHint();
    const QMargins margins = contentsMargins();
    const int least = fontMetrics().averageCharWidth() * minCharacters + margins.left() + margins.right();
    return {std::min(whole.width(), least), whole.height()};
}

bool ElidedLabel::event(QEvent *event) {
    if (event->type() != QEvent::ToolTip || !toolTip().isEmpty() || shownText() == text())
        return QLabel::event(event);
    QToolTip::showText(static_cast<QHelpEvent *>(event)->globalPos(), foreignTip(text()), this);
    return true;
}

void ElidedLabel::paintEvent(QPaintEvent *) {
    QPainter painter(this);
    painter.setPen(color());
    painter.drawText(contentsRect(), static_cast<int>(alignment()) | Qt::TextSingleLine, shownText());
}

} // namespace nitroscope::app
