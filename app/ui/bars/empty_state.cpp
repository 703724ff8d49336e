// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/ui/bars/empty_state.hpp"

#include "app/core/output/visible_text.hpp"
#include "app/ui/text/breakable_text.hpp"
#include "app/ui/theme/theme.hpp"

#include <QAction>
#include <QEvent>
#include <QLabel>
#include <QPushButton>
#include <QVBoxLayout>

namespace nitroscope::app {

EmptyStack::EmptyStack(QWidget *content, const QString &title, const QString &text, QAction *action,
                       QWidget *parent)
    : QStackedWidget(parent), m_title(new QLabel(title)), m_text(new QLabel(text)) {
    auto *page = new QWidget;
    page->setAutoFillBackground(true);
    page->setBackgroundRole(QPalette::Base);
    auto *layout = new QVBoxLayout(page);
    layout->setContentsMargins(24, 12, 24, 12);
    layout->setSpacing(fontMetrics().height() / 2);
    layout->addStretch(2);
    QFont heading = font();
    heading.setPointSizeF(heading.pointSizeF() * 1.15);
    heading.setBold(true);
    m_title->setFont(heading);
    for (QLabel *label : {m_title, m_text}) {
        label->setAlignment(Qt::AlignCenter);
        label->setWordWrap(true);
        label->setTextFormat(Qt::PlainText);
        layout->addWidget(label);
    }
    if (action) {
        QString label = action->text();
        auto *button = new QPushButton(label.remove(QLatin1Char('&')));
        connect(button, &QPushButton::clicked, action, &QAction::trigger);
        connect(action, &QAction::changed, button,
                [button, action] { button->setEnabled(action->isEnabled()); });
        button->setEnabled(action->isEnabled());
        layout->addSpacing(4);
        layout->addWidget(button, 0, Qt::AlignHCenter);
    }
    layout->addStretch(3);
    addWidget(content);
    addWidget(page);
    setCurrentIndex(1);
    refreshColors();
}

void EmptyStack::setEmpty(bool empty) {
    setCurrentIndex(empty ? 1 : 0);
}

void EmptyStack::setText(const QString &title, const QString &text) {
    m_title->setText(breakableText(visibleText(title, LineBreaks::kept)));
    m_text->setText(breakableText(visibleText(text, LineBreaks::kept)));
}

void EmptyStack::refreshColors() {
    QPalette quiet = palette();
    // On a Base background labels paint with the role Text.
    for (const auto role : {QPalette::WindowText, QPalette::Text})
        quiet.setColor(role, theme::mutedText(palette()));
    m_text->setPalette(quiet);
    m_title->setPalette(quiet);
}

void EmptyStack::changeEvent(QEvent *event) {
    QStackedWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange || event->type() == QEvent::StyleChange)
        refreshColors();
}

// A style sheet that is set anew takes the labels' palettes away; children are polished by now.
void EmptyStack::showEvent(QShowEvent *event) {
    QStackedWidget::showEvent(event);
    refreshColors();
}

} // namespace nitroscope::app
