// SPDX-License-Identifier: GPL-2.0-or-later
//
// One breakpoint or watchpoint, new or changed. Non-modal work: open() it and listen to accepted().
#pragma once

#include "app/session/target/debug_target.hpp"

#include <QDialog>

class QCheckBox;
class QComboBox;
class QLineEdit;
class QPushButton;
class QSpinBox;

namespace nitroscope::app {

class PlaceEdit;

class BreakpointDialog : public QDialog {
    Q_OBJECT
public:
    BreakpointDialog(const DebugBreakpoint &breakpoint, SymbolSourcePointer symbols,
                     const arch::Architecture &architecture, QWidget *parent);

    DebugBreakpoint breakpoint() const;
    PlaceEdit &place() { return *m_place; }

private:
    void refresh();

    DebugBreakpoint m_breakpoint;
    PlaceEdit *m_place;
    QComboBox *m_kind;
    QComboBox *m_length;
    QLineEdit *m_condition;
    QLineEdit *m_process;
    QSpinBox *m_ignore;
    QCheckBox *m_once;
    QPushButton *m_ok;
};

} // namespace nitroscope::app
