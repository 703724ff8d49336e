// SPDX-License-Identifier: GPL-2.0-or-later
//
// Where a vsock port leads, while the enclave runs: ports of the enclave published on this computer, and what
// the enclave dials sent to a host, refused or echoed. Shows the routes that are set and takes them back.
#pragma once

#include "app/session/vsock/vsock_control.hpp"

#include <QDialog>

class QComboBox;
class QLabel;
class QLineEdit;
class QListWidget;
class QPushButton;
class QSpinBox;

namespace nitroscope::app {

class VsockRouteDialog : public QDialog {
    Q_OBJECT
public:
    enum class Kind { publish, connect };
    // The control outlives the dialog.
    VsockRouteDialog(VsockControl &control, Kind kind, quint32 port, QWidget *parent);

    // As QMP takes it, e.g. "listen:tcp:127.0.0.1:5000".
    qmp::VsockRoute route() const;

private:
    void refresh();
    void listRoutes();
    void removeChosen();

    VsockControl &m_control;
    QLineEdit *m_port;
    QComboBox *m_kind;
    QLineEdit *m_address;
    QLabel *m_summary;
    QListWidget *m_list;
    QPushButton *m_add, *m_remove;
    QVector<qmp::VsockRoute> m_routes;
};

} // namespace nitroscope::app
