// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/features/boot/stage_timeline.hpp"

#include "app/features/boot/boot_stage_model.hpp"
#include "app/ui/text/time_text.hpp"
#include "app/ui/theme/theme.hpp"

#include <algorithm>
#include <QHelpEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QToolTip>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;
namespace {

constexpr int margin = 10;

} // namespace

StageTimeline::StageTimeline(const BootStageModel &model, QWidget *parent) : QWidget(parent), m_model(model) {
    setAccessibleName(u"Boot timeline"_s);
    setAccessibleDescription(u"Duration of each boot stage; the list below has the same figures"_s);
    connect(&m_model, &QAbstractItemModel::modelReset, this, qOverload<>(&QWidget::update));
    connect(&m_model, &QAbstractItemModel::rowsInserted, this, qOverload<>(&QWidget::update));
}

QSize StageTimeline::sizeHint() const {
    return {200, fontMetrics().height() * 2 + 12};
}

qreal StageTimeline::xOf(qint64 virtualNs) const {
    const auto &stages = m_model.stages();
    const qint64 first = stages.front().virtualNs;
    const qint64 span = std::max<qint64>(1, stages.back().virtualNs - first);
    return margin + static_cast<qreal>(virtualNs - first) / static_cast<qreal>(span) * (width() - 2 * margin);
}

int StageTimeline::stageAt(int x) const {
    const auto &stages = m_model.stages();
    for (size_t i = 1; i < stages.size(); ++i)
        if (x >= xOf(stages[i - 1].virtualNs) && x < xOf(stages[i].virtualNs))
            return static_cast<int>(i);
    return -1;
}

void StageTimeline::mousePressEvent(QMouseEvent *event) {
    if (const int row = stageAt(event->position().toPoint().x()); row >= 0)
        emit stageClicked(row);
}

bool StageTimeline::event(QEvent *event) {
    if (event->type() != QEvent::ToolTip)
        return QWidget::event(event);
    const auto *help = static_cast<QHelpEvent *>(event);
    const int row = stageAt(help->pos().x());
    if (row < 0) {
        QToolTip::hideText();
        return true;
    }
    const auto text = [&](int column) { return m_model.index(row, column).data().toString(); };
    QToolTip::showText(help->globalPos(),
                       u"%1: %2 ms"_s.arg(text(BootStageModel::stage), text(BootStageModel::delta)));
    return true;
}

void StageTimeline::paintEvent(QPaintEvent *) {
    QPainter painter(this);
    painter.fillRect(rect(), palette().color(QPalette::Base));
    const auto &stages = m_model.stages();
    if (stages.size() < 2)
        return;
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setFont(theme::caption());
    const QFontMetrics metrics(painter.font());
    const qreal barHeight = metrics.height() + 2;
    const qreal top = 6;
    for (size_t i = 1; i < stages.size(); ++i) {
        const qreal left = xOf(stages[i - 1].virtualNs);
        const qreal right = std::max(left + 2, xOf(stages[i].virtualNs) - 1);
        const QRectF band(left, top, right - left, barHeight);
        const QColor color = theme::seriesColor(palette(), static_cast<int>(i) - 1);
        painter.setPen(Qt::NoPen);
        painter.setBrush(theme::mixed(palette().color(QPalette::Base), color, 0.35));
        painter.drawRoundedRect(band, 2, 2);
        const QString label = m_model.index(static_cast<int>(i), BootStageModel::stage).data().toString();
        if (metrics.horizontalAdvance(label) + 8 > band.width())
            continue;
        painter.setPen(palette().color(QPalette::Text));
        painter.drawText(band, Qt::AlignCenter, label);
    }
    painter.setPen(theme::mutedText(palette()));
    const QRectF captions(margin, top + barHeight, width() - 2 * margin, metrics.height() + 4);
    painter.drawText(captions, Qt::AlignLeft | Qt::AlignVCenter, milliseconds(stages.front().virtualNs));
    painter.drawText(captions, Qt::AlignRight | Qt::AlignVCenter,
                     milliseconds(stages.back().virtualNs) + u" ms"_s);
}

} // namespace nitroscope::app
