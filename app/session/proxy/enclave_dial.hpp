// SPDX-License-Identifier: GPL-2.0-or-later
//
// A connection to a port of an enclave on its way: the device's hybrid socket, CONNECT, the line that answers
// (docs/vsock.md, Firecracker's protocol).
#pragma once

#include "app/session/proxy/socket_relay.hpp"

#include <functional>
#include <QByteArray>
#include <QObject>
#include <QSocketNotifier>
#include <QString>

namespace nitroscope::app {

// Deletes itself after it has called `done` once, with an empty text when the stream is ready. It does so from the event
// loop, never from the constructor. When its parent goes before, `done` is not called.
class EnclaveDial : public QObject {
public:
    using Done = std::function<void(UniqueFd, const QString &problem)>;
    EnclaveDial(const QString &path, quint32 port, Done done, QObject *parent);
    ~EnclaveDial() override;

private:
    void tryConnect();
    void sendRequest();
    void readAnswer();
    void finish(const QString &problem);

    UniqueFd m_fd;
    QString m_path;
    quint32 m_port;
    Done m_done;
    QSocketNotifier *m_notifier = nullptr;
    QByteArray m_answer;
    bool m_isFinished = false;
};

} // namespace nitroscope::app
