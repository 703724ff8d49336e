// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the debugger wants of the machine and the gdbstub cannot do: breaks on NSM requests and vsock packets,
// a reset, and the truth about whether the guest runs. Over QMP (qemu-machine/qapi/nitro.json).
#pragma once

#include "app/proto/qmp/client.hpp"
#include "app/proto/qmp/rule_messages.hpp"

#include <QPointer>

namespace nitroscope::app {

class MachineControl : public QObject {
    Q_OBJECT
public:
    using QObject::QObject;

    void setClient(qmp::Client *client) { m_client = client; }
    // An event of the machine, by whoever reads them.
    void takeEvent(const qmp::Event &event);

    // Stops the machine once at the next event of the source, "nsm" or "vsock". Refusals come as refused().
    void breakOnce(const QString &source);
    // Forgets breaks of breakOnce() that have not been hit.
    void clearBreaks();
    void reset();
    // What breaks were hit since the last resumption, in words; asks the machine first, so that its events
    // have arrived.
    void askBreaks(QObject *context, const std::function<void(const QString &detail)> &done);

signals:
    void wasReset();
    // The machine was made to run or stopped by somebody. Between the two a step may have passed.
    void runs();
    void stands();
    void refused(const nitroscope::app::Error &error);

private:
    QPointer<qmp::Client> m_client;
    QVector<quint32> m_breaks;
    QString m_hit; // detail of the last ENCLAVE_BREAK since the machine ran
};

} // namespace nitroscope::app
