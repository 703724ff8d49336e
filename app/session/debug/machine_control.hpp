// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the debugger wants of the machine and the gdbstub cannot do: breaks on NSM requests and vsock packets,
// and a reset. Over QMP (qemu-machine/qapi/nitro.json).
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
    // What break was hit last since forgetHit(), in words; asks the machine first, so that its events have
    // arrived. That the machine runs again does not count: it may do so behind a stop that nobody has seen.
    void forgetHit() { m_hit.clear(); }
    void askBreaks(QObject *context, const std::function<void(const QString &detail)> &done);

signals:
    void wasHit(); // a break
    void wasReset();
    void refused(const nitroscope::app::Error &error);

private:
    void removeBreak(quint32 id);

    QPointer<qmp::Client> m_client;
    QVector<quint32> m_breaks;
    quint64 m_wishes = 0; // grows when those of before are given up
    QString m_hit;        // detail of the last ENCLAVE_BREAK
};

} // namespace nitroscope::app
