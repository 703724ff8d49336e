// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/features/diagnosis/diagnosis_panel.hpp"

#include "app/ui/bars/empty_state.hpp"
#include "app/ui/panel/column.hpp"

#include <QPlainTextEdit>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;

DiagnosisPanel::DiagnosisPanel(QWidget *parent)
    : Panel(u"diagnosis"_s, u"Why It Ended"_s, parent), m_text(new QPlainTextEdit) {
    m_text->setReadOnly(true);
    m_text->setFrameShape(QFrame::NoFrame);
    m_text->setAccessibleName(u"Why the enclave ended"_s);
    m_text->setTabChangesFocus(true);
    m_stack = new EmptyStack(
        m_text, u"Nothing has failed"_s,
        u"When an enclave ends with an error, this says why: what its console said, held against its "
        "image and its memory."_s);
    m_stack->setEmpty(true);
    fillColumn(*this, {m_stack});
    setFocusProxy(m_text);
}

void DiagnosisPanel::setText(const QString &text) {
    m_text->setPlainText(text);
    m_stack->setEmpty(text.isEmpty());
}

QString DiagnosisPanel::text() const {
    return m_text->toPlainText();
}

void DiagnosisPanel::copy() {
    m_text->copy();
}

void DiagnosisPanel::selectAll() {
    m_text->selectAll();
}

} // namespace nitroscope::app
