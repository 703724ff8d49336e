// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/ui/panel/panel_dock.hpp"

#include "app/ui/panel/panel.hpp"
#include "app/ui/theme/icons.hpp"
#include "app/ui/theme/theme.hpp"

#include <QAbstractScrollArea>
#include <QApplication>
#include <QHBoxLayout>
#include <QLabel>
#include <QToolButton>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;
namespace {

QToolButton *barButton(const char *icon, const QString &name, QWidget *bar) {
    auto *button = new QToolButton(bar);
    button->setIcon(icons::named(QLatin1String(icon)));
    const int side = bar->fontMetrics().height() * 3 / 4;
    button->setIconSize({side, side});
    button->setAutoRaise(true);
    button->setToolTip(name);
    button->setAccessibleName(name);
    button->setFocusPolicy(Qt::NoFocus);
    return button;
}

} // namespace

PanelDock::PanelDock(Panel *panel, QWidget *parent)
    : QDockWidget(panel->title(), parent), m_panel(panel), m_bar(new QWidget(this)),
      m_noBar(new QWidget(this)) {
    setObjectName(u"dock."_s + panel->id());
    setWidget(panel);
    auto *title = new QLabel(panel->title(), m_bar);
    QFont bold = theme::caption();
    bold.setBold(true);
    title->setFont(bold);
    auto *layout = new QHBoxLayout(m_bar);
    layout->setContentsMargins(10, 3, 4, 3);
    layout->setSpacing(2);
    layout->addWidget(title, 1);
    auto *floatButton = barButton("float", u"Float or dock the panel"_s, m_bar);
    auto *closeButton = barButton("close", u"Close the panel"_s, m_bar);
    layout->addWidget(floatButton);
    layout->addWidget(closeButton);
    connect(floatButton, &QToolButton::clicked, this, [this] { setFloating(!isFloating()); });
    connect(closeButton, &QToolButton::clicked, this, &QWidget::close);
    setTitleBarWidget(m_bar);
    // Qt tells of a dock that goes behind a tab as of one that is hidden.
    connect(this, &QDockWidget::visibilityChanged, this, [this](bool isSeen) { m_isInFront = isSeen; });
}

void PanelDock::bringForward() {
    show();
    raise();
    if (isFloating())
        activateWindow();
    giveFocus();
}

// To its view rather than to the bar above it; a panel that knows better has a focus proxy.
void PanelDock::giveFocus() {
    const QWidget *focused = QApplication::focusWidget();
    if (focused == m_panel || m_panel->isAncestorOf(focused))
        return;
    if (m_panel->focusProxy()) {
        m_panel->setFocus(Qt::OtherFocusReason);
        return;
    }
    for (auto *view : m_panel->findChildren<QAbstractScrollArea *>())
        if (view->isVisible() && view->isEnabled() && view->focusPolicy() & Qt::TabFocus) {
            view->setFocus(Qt::OtherFocusReason);
            return;
        }
    for (auto *widget : m_panel->findChildren<QWidget *>())
        if (widget->isVisible() && widget->isEnabled() && widget->focusPolicy() & Qt::TabFocus) {
            widget->setFocus(Qt::OtherFocusReason);
            return;
        }
    // Nothing in it takes the focus: no other panel keeps it, either.
    m_panel->setFocusPolicy(Qt::StrongFocus);
    m_panel->setFocus(Qt::OtherFocusReason);
}

void PanelDock::updateTitleBar(bool tabbed) {
    QWidget *wanted = tabbed && !isFloating() ? m_noBar : m_bar;
    if (titleBarWidget() == wanted)
        return;
    QWidget *other = titleBarWidget();
    setTitleBarWidget(wanted);
    other->hide();
    wanted->show();
}

} // namespace nitroscope::app
