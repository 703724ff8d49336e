// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/ui/bars/state_indicator.hpp"

#include "app/ui/theme/theme.hpp"

#include <QPainter>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;

QString runStateText(EnclaveSession::State state) {
    switch (state) {
    case EnclaveSession::State::idle:
        return u"Not started"_s;
    case EnclaveSession::State::starting:
        return u"Starting"_s;
    case EnclaveSession::State::running:
        return u"Running"_s;
    case EnclaveSession::State::paused:
        return u"Paused"_s;
    case EnclaveSession::State::ended:
        return u"Ended"_s;
    case EnclaveSession::State::failed:
        return u"Failed"_s;
    }
    return {};
}

StateIndicator::StateIndicator(QWidget *parent) : QWidget(parent) {
    setAccessibleName(u"Enclave state: "_s + runStateText(m_state));
    setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Preferred);
}

void StateIndicator::setState(EnclaveSession::State state) {
    m_state = state;
    setAccessibleName(u"Enclave state: "_s + runStateText(state));
    update();
}

QSize StateIndicator::sizeHint() const {
    const QFontMetrics metrics = fontMetrics();
    // As wide as the longest word, so that nothing beside it moves.
    return {metrics.horizontalAdvance(runStateText(EnclaveSession::State::idle)) + metrics.height() * 2,
            metrics.height() * 3 / 2};
}

void StateIndicator::paintEvent(QPaintEvent *) {
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const QColor color = theme::stateColor(palette(), m_state);
    const qreal side = fontMetrics().height() * 0.6;
    const QRectF dot(fontMetrics().height() * 0.4, (height() - side) / 2, side, side);
    painter.setBrush(color);
    painter.setPen(Qt::NoPen);
    painter.drawEllipse(dot);
    painter.setPen(palette().color(QPalette::WindowText));
    painter.drawText(QRectF(dot.right() + side * 0.7, 0, width(), height()), Qt::AlignVCenter | Qt::AlignLeft,
                     runStateText(m_state));
}

} // namespace nitroscope::app
