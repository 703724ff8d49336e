// SPDX-License-Identifier: GPL-2.0-or-later
//
// A break on vsock packets, or a fault for them: everything that enclave-break-add and vsock-fault-add take.
// An empty field matches everything. The sentence at the bottom says what the rule will do.
#pragma once

#include "app/session/vsock/vsock_control.hpp"

#include <QDialog>
#include <QHash>

class QCheckBox;
class QComboBox;
class QFormLayout;
class QLabel;
class QLineEdit;
class QPushButton;

namespace nitroscope::app {

class VsockRuleDialog : public QDialog {
    Q_OBJECT
public:
    // `match` is what the user looked at when asking.
    VsockRuleDialog(qmp::MachineRule::Kind kind, const qmp::VsockMatch &match, QWidget *parent);

    qmp::VsockBreakRule breakRule() const;
    qmp::VsockFaultRule faultRule() const;
    // Seed for what draws lots, when one was given.
    std::optional<quint64> seed() const;
    // Why the rule makes no sense as it is; empty when it does.
    QString problem() const;

private:
    QLineEdit *numberField(const QString &name, const QString &placeholder,
                           const std::optional<quint64> &value = {});
    void addMatchRows(QFormLayout &form, const qmp::VsockMatch &match);
    void addActionRows(QFormLayout &form);
    void refresh();
    std::optional<quint64> number(const QString &name) const;
    qmp::VsockMatch match() const;

    qmp::MachineRule::Kind m_kind;
    QComboBox *m_action = nullptr, *m_direction, *m_operation, *m_type;
    QHash<QString, QLineEdit *> m_numbers; // by accessible name
    QLineEdit *m_text, *m_hex;
    QCheckBox *m_violate = nullptr;
    QLabel *m_summary;
    QPushButton *m_ok = nullptr;
};

} // namespace nitroscope::app
