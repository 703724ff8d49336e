// SPDX-License-Identifier: GPL-2.0-or-later
//
// How the next run is started: memory, CPUs, debug mode, what the parent instance is, experiments, and on a
// page of its own the parent's side of vsock. What cannot be started cannot be accepted, and it says why.
// Non-modal work: open() it and listen to accepted().
#pragma once

#include "app/session/launch/launch_spec.hpp"

#include <QDialog>

class QCheckBox;
class QDialogButtonBox;
class QLabel;
class QLineEdit;
class QSpinBox;

namespace nitroscope::app {

class LaunchVsockPage;

class LaunchDialog : public QDialog {
    Q_OBJECT
public:
    // `memoryNeededMiB` of the open EIF; 0 = not known.
    LaunchDialog(const LaunchSpec &spec, quint64 memoryNeededMiB, QWidget *parent);

    LaunchSpec spec() const;
    // What keeps it from being accepted; empty = nothing.
    QString problem() const;

private:
    QLineEdit *pathField(const QString &name, const QString &placeholder, const QString &value);
    void refresh();

    LaunchSpec m_spec;
    QSpinBox *m_memory;
    QSpinBox *m_cpus;
    QCheckBox *m_debugMode;
    QCheckBox *m_strict;
    QCheckBox *m_debugger;
    QCheckBox *m_systemCalls;
    QLineEdit *m_moduleId;
    QLineEdit *m_parentRole;
    QLineEdit *m_parentId;
    QLineEdit *m_append;
    QLineEdit *m_initrd;
    QLineEdit *m_qemu;
    QLineEdit *m_firstCalls;
    LaunchVsockPage *m_vsock;
    QLabel *m_note;
    QDialogButtonBox *m_buttons;
};

} // namespace nitroscope::app
