// SPDX-License-Identifier: GPL-2.0-or-later
//
// Why the last run ended, in words, with the lines and findings that it stands on.
#pragma once

#include "app/ui/panel/panel.hpp"

class QPlainTextEdit;

namespace nitroscope::app {

class EmptyStack;

class DiagnosisPanel : public Panel {
    Q_OBJECT
public:
    explicit DiagnosisPanel(QWidget *parent = nullptr);

    // Empty: nothing is known, or no run has failed.
    void setText(const QString &text);
    QString text() const;

    void copy() override;
    void selectAll() override;

private:
    QPlainTextEdit *m_text;
    EmptyStack *m_stack;
};

} // namespace nitroscope::app
