// SPDX-License-Identifier: GPL-2.0-or-later
//
// One client of the server: its bytes into requests, answers back, and an end for those who never come to one.
#pragma once

#include "app/kms/http/http_reader.hpp"

#include <chrono>
#include <functional>
#include <QObject>
#include <QTimer>

class QTcpSocket;

namespace nitroscope::kms {

struct ConnectionSettings {
    std::chrono::milliseconds requestPatience{30'000}; // from a request's first byte to its last
    std::chrono::milliseconds idlePatience{600'000};   // between two; clients keep connections for minutes
    std::function<qint64()> clock;                     // Unix seconds
};

class KmsConnection : public QObject {
    Q_OBJECT
public:
    using Answer = std::function<HttpResponse(const HttpRequest &request, const QString &peer)>;
    // Takes the socket, and goes when it does.
    KmsConnection(QTcpSocket *socket, ConnectionSettings settings, Answer answer, QObject *parent);

signals:
    void refused(const QString &why);

private:
    void read();
    bool send(const HttpResponse &response); // whether more may come
    void giveUp();
    void wait();

    QTcpSocket *m_socket;
    ConnectionSettings m_settings;
    Answer m_answer;
    HttpReader m_reader;
    QTimer m_timer;
    QString m_peer;
    bool m_isInside = false;
};

} // namespace nitroscope::kms
