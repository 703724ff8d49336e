// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/ui/bars/find_bar.hpp"

#include "app/ui/theme/icons.hpp"

#include <QComboBox>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QLineEdit>
#include <QToolButton>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;

FindBar::FindBar(Kinds kinds, QWidget *parent)
    : QWidget(parent), m_input(new QLineEdit(this)), m_result(new QLabel(this)) {
    auto *layout = new QHBoxLayout(this);
    layout->setContentsMargins(8, 4, 8, 4);
    layout->setSpacing(4);
    m_input->setPlaceholderText(u"Find"_s);
    m_input->setAccessibleName(u"Find"_s);
    m_input->setClearButtonEnabled(true);
    layout->addWidget(m_input, 1);
    if (kinds == Kinds::textOrBytes) {
        m_kind = new QComboBox(this);
        m_kind->addItems({u"Text"_s, u"Hex bytes"_s});
        m_kind->setAccessibleName(u"Kind of input"_s);
        layout->addWidget(m_kind);
    }
    const auto button = [&](const char *icon, const QString &name, auto slot) {
        auto *tool = new QToolButton(this);
        tool->setIcon(icons::named(QLatin1String(icon)));
        tool->setAutoRaise(true);
        tool->setToolTip(name);
        tool->setAccessibleName(name);
        connect(tool, &QToolButton::clicked, this, slot);
        layout->addWidget(tool);
    };
    button("previous", u"Find previous"_s, &FindBar::findPrevious);
    button("next", u"Find next"_s, &FindBar::findNext);
    layout->addWidget(m_result);
    button("close", u"Close find"_s, &FindBar::dismiss);
    connect(m_input, &QLineEdit::returnPressed, this, &FindBar::findNext);
    connect(m_input, &QLineEdit::textChanged, this, [this] { setResult({}); });
    hide();
}

void FindBar::open() {
    show();
    m_input->setFocus();
    m_input->selectAll();
}

QString FindBar::text() const {
    return m_input->text();
}

bool FindBar::readsBytes() const {
    return m_kind && m_kind->currentIndex() == 1;
}

void FindBar::setText(const QString &text) {
    m_input->setText(text);
}

void FindBar::setResult(const QString &result) {
    m_result->setText(result);
}

void FindBar::findNext() {
    if (text().isEmpty())
        open();
    else
        emit nextRequested();
}

void FindBar::findPrevious() {
    if (text().isEmpty())
        open();
    else
        emit previousRequested();
}

void FindBar::dismiss() {
    hide();
    emit dismissed();
}

void FindBar::keyPressEvent(QKeyEvent *event) {
    if (event->key() == Qt::Key_Escape)
        dismiss();
    else
        QWidget::keyPressEvent(event);
}

} // namespace nitroscope::app
