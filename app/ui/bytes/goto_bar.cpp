// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/ui/bytes/goto_bar.hpp"

#include "app/ui/text/byte_text.hpp"

#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QLineEdit>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;

GotoBar::GotoBar(QWidget *parent)
    : QWidget(parent), m_input(new QLineEdit(this)), m_message(new QLabel(this)) {
    auto *layout = new QHBoxLayout(this);
    layout->setContentsMargins(8, 4, 8, 4);
    layout->addWidget(new QLabel(u"Go to offset"_s, this));
    layout->addWidget(m_input, 1);
    layout->addWidget(m_message);
    m_input->setPlaceholderText(u"0x1f8, 504, +0x10"_s);
    m_input->setAccessibleName(u"Offset"_s);
    connect(m_input, &QLineEdit::returnPressed, this, &GotoBar::accept);
    connect(m_input, &QLineEdit::textChanged, m_message, &QLabel::clear);
    hide();
}

void GotoBar::open(quint64 current, quint64 size) {
    m_current = current;
    m_size = size;
    show();
    m_input->setFocus();
    m_input->selectAll();
}

void GotoBar::accept() {
    const auto offset = offsetFromText(m_input->text(), m_current);
    if (!offset) {
        m_message->setText(offset.error().message);
    } else if (*offset >= m_size) {
        m_message->setText(u"The last byte is at %1."_s.arg(offsetText(m_size > 0 ? m_size - 1 : 0)));
    } else {
        hide();
        emit accepted(*offset);
        emit dismissed();
    }
}

void GotoBar::keyPressEvent(QKeyEvent *event) {
    if (event->key() == Qt::Key_Escape) {
        hide();
        emit dismissed();
        return;
    }
    QWidget::keyPressEvent(event);
}

} // namespace nitroscope::app
