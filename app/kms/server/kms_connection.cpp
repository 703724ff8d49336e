// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/kms/server/kms_connection.hpp"

#include <QHostAddress>
#include <QTcpSocket>

namespace nitroscope::kms {

using namespace Qt::Literals::StringLiterals;

namespace {

constexpr qint64 readBytes = 64 * 1024, maxUnsentBytes = 4 * 1024 * 1024;

HttpResponse problem(int status, const QString &why) {
    return {.status = status,
            .headers = {{"Content-Type", "text/plain"}},
            .body = why.toUtf8() + '\n',
            .keepsAlive = false};
}

} // namespace

KmsConnection::KmsConnection(QTcpSocket *socket, ConnectionSettings settings, Answer answer, QObject *parent)
    : QObject(parent), m_socket(socket), m_settings(std::move(settings)), m_answer(std::move(answer)),
      m_peer(socket->peerAddress().toString()) {
    socket->setParent(this);
    socket->setReadBufferSize(readBytes);
    m_timer.setSingleShot(true);
    connect(&m_timer, &QTimer::timeout, this, &KmsConnection::giveUp);
    connect(socket, &QTcpSocket::readyRead, this, &KmsConnection::read);
    connect(socket, &QTcpSocket::disconnected, this, &QObject::deleteLater);
    wait();
    if (socket->bytesAvailable() > 0) // once its owner listens to what it has to say
        QMetaObject::invokeMethod(this, &KmsConnection::read, Qt::QueuedConnection);
}

void KmsConnection::read() {
    while (m_socket->bytesAvailable() > 0 && !m_reader.refusal()) {
        m_reader.feed(m_socket->read(readBytes));
        while (const auto request = m_reader.next())
            if (!send(m_answer(*request, m_peer)))
                return;
        if (m_socket->bytesToWrite() > maxUnsentBytes) {
            emit refused(u"A client asks without taking its answers."_s);
            return m_socket->abort();
        }
        if (m_reader.takeContinue())
            m_socket->write("HTTP/1.1 100 Continue\r\n\r\n");
    }
    if (m_reader.refusal()) {
        emit refused(m_reader.refusal()->reason);
        send(problem(m_reader.refusal()->status, m_reader.refusal()->reason));
        return;
    }
    wait();
}

// The patience of a request counts from its first byte, however slowly the others come.
void KmsConnection::wait() {
    if (const bool isInside = m_reader.isInside();
        !m_timer.isActive() || isInside != m_isInside || !isInside) {
        m_isInside = isInside;
        m_timer.start(isInside ? m_settings.requestPatience : m_settings.idlePatience);
    }
}

void KmsConnection::giveUp() {
    if (!m_isInside)
        return m_socket->abort();
    emit refused(
        u"A request did not come to its end within %1 s."_s.arg(m_settings.requestPatience.count() / 1000));
    send(problem(408, u"The request did not come to its end."_s));
}

bool KmsConnection::send(const HttpResponse &response) {
    m_socket->write(httpBytes(response, m_settings.clock()));
    if (response.keepsAlive)
        return true;
    disconnect(m_socket, &QTcpSocket::readyRead, this, nullptr);
    m_timer.start(m_settings.requestPatience); // for a client that does not take its answer
    m_isInside = false;
    m_socket->disconnectFromHost();
    return false;
}

} // namespace nitroscope::kms
