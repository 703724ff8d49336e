// SPDX-License-Identifier: GPL-2.0-or-later
//
// One Unix socket for one peer: listens before QEMU starts, takes the first connection and no other.
#pragma once

#include "app/core/result.hpp"

#include <QLocalServer>
#include <QLocalSocket>
#include <QObject>
#include <QPointer>

namespace nitroscope::app {

class ChannelServer : public QObject {
    Q_OBJECT
public:
    explicit ChannelServer(QObject *parent = nullptr);

    // `path` must be in a private folder. Error channel-failed.
    Result<void> listen(const QString &path);

    // The connected peer, nullptr before and after. Owned by this object.
    QLocalSocket *socket() const { return m_socket; }
    bool isConnected() const;

signals:
    void connected(QLocalSocket *socket);

private:
    QLocalServer m_server;
    QPointer<QLocalSocket> m_socket;
};

} // namespace nitroscope::app
