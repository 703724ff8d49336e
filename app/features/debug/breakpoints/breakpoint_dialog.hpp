// SPDX-License-Identifier: GPL-2.0-or-later
//
// One breakpoint or watchpoint, new or changed. Non-modal work: open() it and listen to accepted(). What cannot
// work is said while it is typed.
#pragma once

#include "app/session/target/debug_target.hpp"

#include <QDialog>

class QCheckBox;
class QComboBox;
class QLabel;
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
    // Names for the field Process.
    void offerProcesses(const QVector<KernelTask> &tasks);
    // Why it cannot be accepted as it is; empty when it can.
    QString problem() const;
    void accept() override; // not while something is wrong
    PlaceEdit &place() { return *m_place; }
    QLineEdit &condition() { return *m_condition; }
    QLineEdit &process() { return *m_process; }

private:
    void refresh();

    QString conditionProblem() const;
    QString processProblem() const;

    DebugBreakpoint m_breakpoint;
    SymbolSourcePointer m_symbols; // may be null
    const arch::Architecture &m_architecture;
    PlaceEdit *m_place;
    QComboBox *m_kind;
    QComboBox *m_length;
    QLineEdit *m_condition;
    QLineEdit *m_process;
    QSpinBox *m_ignore;
    QCheckBox *m_once;
    QLabel *m_problem;
    QPushButton *m_ok;
};

} // namespace nitroscope::app
