// SPDX-License-Identifier: GPL-2.0-or-later
//
// Lets another process of the same user hold a running machine still while it looks into its memory. Only who runs QEMU has
// its monitor; who asks has a socket in the enclave's private folder:
//
//     connect                      the machine stops
//     registers of all CPUs, \0    as `info registers -a` of QEMU's monitor prints them; an empty text: it cannot be had
//     disconnect                   the machine goes on, when it ran before; also when who asked has died
//
// One at a time; others wait for their turn.
#pragma once

#include "app/proto/qmp/client.hpp"

#include <functional>
#include <QLocalServer>
#include <QLocalSocket>
#include <QPointer>

namespace nitroscope::app {

class HoldServer : public QObject {
public:
    using Monitor = std::function<qmp::Client *()>; // null while the machine does not answer

    explicit HoldServer(Monitor monitor, QObject *parent = nullptr);
    ~HoldServer() override;

    // `path` must be in a private folder. Error channel-failed.
    Result<void> listen(const QString &path);

private:
    void next();
    void hold(const QJsonValue &status);
    void answer(const QByteArray &registers);
    void release();
    void letGoOn();

    Monitor m_monitor;
    QLocalServer m_server;
    QPointer<QLocalSocket> m_holder;
    bool m_ran = false; // before it was held
};

// The other side.
class MachineHold : public QObject {
    Q_OBJECT
public:
    using QObject::QObject;

    void ask(const QString &path);
    // The machine may go on. It does also when this object dies.
    void release() { m_socket.abort(); }

signals:
    // The machine stands still, until release().
    void held(const QByteArray &infoRegisters);
    // Once, instead or after it: the enclave has ended, or is of a build that cannot be held.
    void failed(const nitroscope::app::Error &error);

private:
    void read();

    QLocalSocket m_socket;
    QByteArray m_text;
    bool m_isHeld = false;
};

} // namespace nitroscope::app
