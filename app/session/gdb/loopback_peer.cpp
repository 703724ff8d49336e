// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/session/gdb/loopback_peer.hpp"

#include <arpa/inet.h>
#include <QFile>
#include <QList>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;
namespace {

// "0100007F:1F90": 127.0.0.1 and the port.
QByteArray loopbackEnd(quint16 port) {
    const auto hex = [](quint32 value, int digits) {
        return QByteArray::number(value, 16).toUpper().rightJustified(digits, '0');
    };
    return hex(htonl(INADDR_LOOPBACK), 8) + ':' + hex(port, 4);
}

} // namespace

std::optional<uid_t> userOfLoopbackPeer(QByteArrayView list, quint16 peerPort, quint16 ourPort) {
    // sl, local address, remote address, state, queues, timer, retransmissions, user, …
    constexpr qsizetype localColumn = 1, remoteColumn = 2, userColumn = 7;
    const QByteArray local = loopbackEnd(peerPort), remote = loopbackEnd(ourPort);
    for (const QByteArray &line : list.toByteArray().split('\n')) {
        const QList<QByteArray> columns = line.simplified().split(' ');
        if (columns.size() <= userColumn || columns[localColumn] != local || columns[remoteColumn] != remote)
            continue;
        bool isNumber = false;
        const uint user = columns[userColumn].toUInt(&isNumber);
        if (isNumber)
            return user;
    }
    return std::nullopt;
}

std::optional<uid_t> userOfLoopbackPeer(quint16 peerPort, quint16 ourPort) {
    QFile list(u"/proc/net/tcp"_s);
    return list.open(QIODevice::ReadOnly) ? userOfLoopbackPeer(list.readAll(), peerPort, ourPort)
                                          : std::nullopt;
}

} // namespace nitroscope::app
