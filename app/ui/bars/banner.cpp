// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/ui/bars/banner.hpp"

#include "app/core/output/visible_text.hpp"
#include "app/ui/text/breakable_text.hpp"
#include "app/ui/theme/icons.hpp"
#include "app/ui/theme/theme.hpp"

#include <QAction>
#include <QEvent>
#include <QHBoxLayout>
#include <QLabel>
#include <QPainter>
#include <QPushButton>
#include <QToolButton>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;

Banner::Banner(QWidget *parent)
    : QFrame(parent), m_icon(new QLabel(this)), m_message(new QLabel(this)), m_advice(new QLabel(this)),
      m_buttons(new QWidget(this)), m_buttonLayout(new QHBoxLayout(m_buttons)) {
    setAccessibleName(u"Notice"_s);
    QFont bold = font();
    bold.setBold(true);
    m_message->setFont(bold);
    for (QLabel *label : {m_message, m_advice}) {
        label->setWordWrap(true);
        label->setTextFormat(Qt::PlainText);
        label->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    }
    m_buttonLayout->setContentsMargins({});
    auto *texts = new QVBoxLayout;
    texts->setSpacing(2);
    texts->addWidget(m_message);
    texts->addWidget(m_advice);
    auto *close = new QToolButton(this);
    close->setIcon(icons::named(u"close"_s));
    close->setAutoRaise(true);
    close->setToolTip(u"Close this notice"_s);
    close->setAccessibleName(u"Close notice"_s);
    connect(close, &QToolButton::clicked, this, &Banner::dismiss);
    auto *layout = new QHBoxLayout(this);
    const int gap = fontMetrics().height() / 2;
    layout->setContentsMargins(gap + 4, gap, gap, gap);
    layout->setSpacing(gap + 2);
    layout->addWidget(m_icon, 0, Qt::AlignVCenter);
    layout->addLayout(texts, 1);
    layout->addWidget(m_buttons, 0, Qt::AlignVCenter);
    layout->addWidget(close, 0, Qt::AlignVCenter);
    hide();
}

void Banner::display(formats::Severity severity, const QString &message, const QString &advice,
                     const std::vector<QAction *> &actions) {
    m_severity = severity;
    m_messageText = visibleText(message, LineBreaks::kept);
    m_adviceText = visibleText(advice, LineBreaks::kept);
    m_message->setText(breakableText(m_messageText));
    m_advice->setText(breakableText(m_adviceText));
    m_advice->setVisible(!advice.isEmpty());
    qDeleteAll(m_buttons->findChildren<QPushButton *>(Qt::FindDirectChildrenOnly));
    for (QAction *action : actions) {
        if (!action) // of a part that this window does not have
            continue;
        QString title = action->text();
        auto *button = new QPushButton(title.remove(QLatin1Char('&')), m_buttons);
        button->setToolTip(action->toolTip());
        connect(button, &QPushButton::clicked, action, &QAction::trigger);
        m_buttonLayout->addWidget(button);
    }
    setAccessibleDescription(details());
    refreshIcon();
    show();
    update();
}

void Banner::dismiss() {
    hide();
}

QString Banner::details() const {
    return advice().isEmpty() ? message() : message() + QLatin1Char('\n') + advice();
}

void Banner::refreshIcon() {
    const int side = fontMetrics().height() * 5 / 4;
    m_icon->setPixmap(icons::severity(m_severity, palette()).pixmap(QSize(side, side), devicePixelRatioF()));
}

void Banner::changeEvent(QEvent *event) {
    QFrame::changeEvent(event);
    if (event->type() == QEvent::PaletteChange)
        refreshIcon();
}

void Banner::paintEvent(QPaintEvent *) {
    QPainter painter(this);
    const QColor hue = theme::severityColor(palette(), m_severity);
    painter.fillRect(rect(), theme::mixed(palette().color(QPalette::Window), hue, 0.13));
    painter.fillRect(QRect(0, 0, 4, height()), hue);
    painter.setPen(theme::hairline(palette()));
    painter.drawLine(rect().bottomLeft(), rect().bottomRight());
}

} // namespace nitroscope::app
