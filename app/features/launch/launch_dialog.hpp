// SPDX-License-Identifier: GPL-2.0-or-later
//
// How the next run is started: every launch option that has a page, machine and vsock apart. What cannot be
// started cannot be accepted, and it says why. Non-modal work: open() it and listen to accepted().
#pragma once

#include "app/session/launch/launch_spec.hpp"

#include <QDialog>

class QDialogButtonBox;
class QFormLayout;
class QLabel;
class QVBoxLayout;

namespace nitroscope::app {

class LaunchField;
enum class OptionPage;

class LaunchDialog : public QDialog {
    Q_OBJECT
public:
    // `memoryNeededMiB` of the open EIF; 0 = not known.
    LaunchDialog(const LaunchSpec &spec, quint64 memoryNeededMiB, QWidget *parent);

    LaunchSpec spec() const;
    // What keeps it from being accepted; empty = nothing.
    QString problem() const;

private:
    void addGroup(QVBoxLayout &page, const QString &title, OptionPage options);
    void addFields(QFormLayout &form, OptionPage page);
    void refresh();

    LaunchSpec m_spec;
    quint64 m_memoryNeededMiB;
    QList<LaunchField *> m_fields;
    QLabel *m_note;
    QDialogButtonBox *m_buttons;
};

} // namespace nitroscope::app
