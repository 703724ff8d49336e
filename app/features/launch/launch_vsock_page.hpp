// SPDX-License-Identifier: GPL-2.0-or-later
//
// The launch options' page for the parent's side of vsock: what `run-enclave` takes as --enclave-cid,
// --vsock-path, --vsock-route, --heartbeat, --no-seqpacket, --refuse-cid2 and --capture-headers.
#pragma once

#include "app/session/launch/launch_spec.hpp"

#include <QWidget>

class QCheckBox;
class QComboBox;
class QLineEdit;
class QPlainTextEdit;
class QSpinBox;

namespace nitroscope::app {

class LaunchVsockPage : public QWidget {
    Q_OBJECT
public:
    explicit LaunchVsockPage(const VsockOptions &options, QWidget *parent = nullptr);

    VsockOptions options() const;
    // What is wrong with them and what to do; empty = nothing.
    QString problem() const;

signals:
    void changed();

private:
    QStringList routes() const;

    QLineEdit *m_cid, *m_path;
    QPlainTextEdit *m_routes;
    QComboBox *m_heartbeat;
    QSpinBox *m_delay;
    QCheckBox *m_seqpacket, *m_refuseCid2, *m_headersOnly;
};

} // namespace nitroscope::app
