// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/kms/server/kms_server.hpp"

#include <QDateTime>
#include <QSslCertificate>
#include <QSslConfiguration>
#include <QSslKey>
#include <QSslServer>
#include <QSslSocket>

namespace nitroscope::kms {

using namespace Qt::Literals::StringLiterals;

namespace {

constexpr QByteArrayView service = "TrentService.";

QSslConfiguration configurationOf(const TlsIdentity &identity) {
    QSslConfiguration configuration = QSslConfiguration::defaultConfiguration();
    configuration.setLocalCertificateChain(
        QSslCertificate::fromData(identity.certificatePem + identity.rootPem, QSsl::Pem));
    configuration.setPrivateKey(QSslKey(identity.keyPem, QSsl::Rsa));
    configuration.setPeerVerifyMode(QSslSocket::VerifyNone); // callers are known by their signatures
    configuration.setProtocol(QSsl::TlsV1_2OrLater);
    configuration.setAllowedNextProtocols({"http/1.1"});
    return configuration;
}

} // namespace

KmsServer::KmsServer(KmsService theService, Identities identities, ServerSettings settings, QObject *parent)
    : QObject(parent), m_service(std::move(theService)), m_identities(std::move(identities)),
      m_settings(std::move(settings)) {
    if (!m_settings.connection.clock)
        m_settings.connection.clock = QDateTime::currentSecsSinceEpoch;
}

KmsServer::~KmsServer() = default;

app::Result<void> KmsServer::open(Listener &listener, std::unique_ptr<QTcpServer> server, quint16 port,
                                  KmsConnection::Answer answer) {
    listener = std::make_unique<HttpListener>(std::move(server), m_settings.connection, std::move(answer));
    connect(listener.get(), &HttpListener::refused, this, &KmsServer::refused);
    return listener->listen(port);
}

app::Result<void> KmsServer::listen() {
    const auto calls = [this](const HttpRequest &request, const QString &from) {
        return answer(request, from);
    };
    auto opened = open(m_http, std::make_unique<QTcpServer>(), m_settings.httpPort, calls);
    if (opened && m_settings.tls) {
        auto tls = std::make_unique<QSslServer>();
        tls->setSslConfiguration(configurationOf(*m_settings.tls));
        connect(
            tls.get(), &QSslServer::errorOccurred, this,
            [this](QSslSocket *socket, QAbstractSocket::SocketError) {
                emit refused(
                    u"A TLS handshake failed: %1. The client must trust the root (kms ca export) and ask for a name of KMS or localhost."_s
                        .arg(socket->errorString()));
            });
        opened = open(m_tls, std::move(tls), m_settings.tlsPort, calls);
    }
    if (opened && m_settings.imds) {
        m_metadata.emplace(*m_settings.imds, [this](qint64 time) {
            return m_identities.issue(m_settings.credentialSeconds, time);
        });
        opened = open(m_imds, std::make_unique<QTcpServer>(), m_settings.imdsPort,
                      [this](const HttpRequest &request, const QString &) {
                          HttpResponse response = m_metadata->answer(request, now());
                          response.keepsAlive = request.keepsAlive();
                          return response;
                      });
    }
    return opened;
}

HttpResponse KmsServer::answer(const HttpRequest &request, const QString &peer) {
    HttpResponse response = answerCall(request, peer);
    response.keepsAlive = request.keepsAlive();
    return response;
}

HttpResponse KmsServer::answerCall(const HttpRequest &request, const QString &peer) {
    const auto target = request.header("x-amz-target");
    if (request.method != "POST" || !target || !target->startsWith(service)) {
        emit refused(u"%1 %2 is no call of KMS (POST / with X-Amz-Target: TrentService.…)."_s.arg(
            QString::fromLatin1(request.method), QString::fromLatin1(request.target.left(100))));
        return {.status = request.method == "POST" ? 400 : 405,
                .headers = {{"Content-Type", "application/x-amz-json-1.1"}},
                .body = R"({"__type":"UnknownOperationException"})"};
    }
    const QString operation = QString::fromLatin1(target->sliced(service.size()).left(64));
    const SignatureCheck check = verifySignature(
        request,
        [this](const QByteArray &id) {
            const Identity *identity = m_identities.find(id);
            return identity ? &identity->key : nullptr;
        },
        now());
    const Identity *identity = m_identities.find(check.accessKeyId);
    const bool isStandard = !check.isGood() && m_settings.anySignature;
    if (isStandard || !identity)
        identity = &m_identities.standard();
    CallAnswer answer;
    if (check.isGood() || isStandard) {
        Caller caller = identity->caller;
        caller.sourceIp = peer;
        caller.userAgent = QString::fromLatin1(request.header("user-agent").value_or(QByteArray()).left(512));
        answer = m_service.call(operation, request.body, caller, now());
        if (isStandard)
            answer.record.explanation.prepend(
                u"The signature was not looked at (%1); the call is taken as %2's.\n"_s.arg(
                    check.errorType, identity->caller.principal.arn));
    } else {
        answer = m_service.refuse(operation, {check.errorType, check.message, check.explanation},
                                  QString::fromLatin1(check.accessKeyId), now());
    }
    emit called(answer.record);
    return {.status = answer.status,
            .headers = {{"Content-Type", "application/x-amz-json-1.1"},
                        {"x-amzn-RequestId", answer.record.id.toLatin1()}},
            .body = answer.body};
}

} // namespace nitroscope::kms
