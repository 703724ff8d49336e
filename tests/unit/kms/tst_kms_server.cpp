// SPDX-License-Identifier: GPL-2.0-or-later
//
// KMS over HTTP and TLS, with clients that sign as SDKs do, and with those who behave badly.
#include "app/kms/server/kms_server.hpp"
#include "policy_maker.hpp"
#include "signed_call.hpp"

#include <QDateTime>
#include <QSslCertificate>
#include <QSslConfiguration>
#include <QSslSocket>
#include <QTcpSocket>

using namespace nitroscope;
using namespace nitroscope::kms;
using namespace nitroscope::test;

namespace {

struct Server {
    explicit Server(ServerSettings settings = {}) {
        const Principal role = parsePrincipal(QString::fromLatin1(roleArn)).value();
        server = std::make_unique<KmsServer>(
            KmsService(KeyStore(u"us-east-1"_s, u"111122223333"_s), ServiceSettings{}),
            Identities::ofRole(role), std::move(settings));
        QObject::connect(server.get(), &KmsServer::called,
                         [this](const CallRecord &record) { records.push_back(record); });
        QObject::connect(server.get(), &KmsServer::refused, [this](const QString &why) { refusals << why; });
    }
    std::unique_ptr<KmsServer> server;
    std::vector<CallRecord> records;
    QStringList refusals;
};

// Everything that came, whose end is there when `end` is in it or the server has closed.
bool hasAnswer(QTcpSocket &socket, QByteArray &answer, const QByteArray &end) {
    answer += socket.readAll();
    return answer.contains(end);
}

constexpr int patience = 60'000;

} // namespace

class TestKmsServer : public QObject {
    Q_OBJECT

private slots:
    void http_callsOnOneConnection_areAnsweredInOrder() {
        Server bench;
        QVERIFY(bench.server->listen());
        QTcpSocket socket;
        socket.connectToHost(QHostAddress::LocalHost, bench.server->httpPort());
        QTRY_COMPARE_WITH_TIMEOUT(socket.state(), QAbstractSocket::ConnectedState, patience);
        socket.write(signedCall("CreateKey", "{}") + signedCall("ListKeys", "{}")); // pipelined
        QByteArray answer;
        QTRY_VERIFY_WITH_TIMEOUT(hasAnswer(socket, answer, "\"Truncated\":false"), patience);
        QVERIFY(answer.startsWith("HTTP/1.1 200 OK\r\nDate: "));
        QVERIFY(answer.contains("Content-Type: application/x-amz-json-1.1\r\n"));
        QVERIFY(answer.contains("x-amzn-RequestId: " + bench.records.at(0).id.toLatin1()));
        QCOMPARE(bench.records.size(), size_t(2));
        QCOMPARE(bench.records[1].operation, u"ListKeys"_s);
        QVERIFY(bench.records[0].principal.endsWith(u":assumed-role/enclave/nitroscope"_s));
    }

    void http_wrongSignature_isRefusedUnlessAnyIsTaken() {
        for (const bool any : {false, true}) {
            ServerSettings settings;
            settings.anySignature = any;
            Server bench(std::move(settings));
            QVERIFY(bench.server->listen());
            QTcpSocket socket;
            socket.connectToHost(QHostAddress::LocalHost, bench.server->httpPort());
            QTRY_COMPARE_WITH_TIMEOUT(socket.state(), QAbstractSocket::ConnectedState, patience);
            socket.write(signedCall("ListKeys", "{}", "wrong"));
            QByteArray answer;
            QTRY_VERIFY_WITH_TIMEOUT(
                hasAnswer(socket, answer, any ? "\"Keys\":[]" : "InvalidSignatureException"), patience);
            QCOMPARE(answer.startsWith("HTTP/1.1 200"), any);
            QVERIFY(bench.records.at(0).explanation.contains(any ? u"signature was not looked at"_s
                                                                 : u"The secret is another"_s));
        }
    }

    void http_clockThatStood_isExplained() {
        Server bench;
        QVERIFY(bench.server->listen());
        QTcpSocket socket;
        socket.connectToHost(QHostAddress::LocalHost, bench.server->httpPort());
        QTRY_COMPARE_WITH_TIMEOUT(socket.state(), QAbstractSocket::ConnectedState, patience);
        socket.write(signedCall("ListKeys", "{}", "test", 4000));
        QByteArray answer;
        QTRY_VERIFY_WITH_TIMEOUT(hasAnswer(socket, answer, "Signature expired: "), patience);
        QVERIFY(bench.records.at(0).explanation.contains(u"A machine that was stopped"_s));
    }

    void http_badRequests_endTheConnection_data() {
        QTest::addColumn<QByteArray>("bytes");
        QTest::addColumn<QByteArray>("status");
        QTest::newRow("noise") << QByteArray("\x16\x03\x01\r\n\r\n") << QByteArray("HTTP/1.1 400 ");
        QTest::newRow("chunked") << QByteArray("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n")
                                 << QByteArray("HTTP/1.1 501 ");
        QTest::newRow("too much") << QByteArray("POST / HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n")
                                  << QByteArray("HTTP/1.1 413 ");
        QTest::newRow("GET") << QByteArray("GET / HTTP/1.1\r\nConnection: close\r\n\r\n")
                             << QByteArray("HTTP/1.1 405 ");
        QTest::newRow("no target") << QByteArray("POST / HTTP/1.1\r\nConnection: close\r\n\r\n")
                                   << QByteArray("HTTP/1.1 400 ");
        QTest::newRow("never-ending head") << QByteArray(64 * 1024 + 4, 'a') << QByteArray("HTTP/1.1 431 ");
    }
    void http_badRequests_endTheConnection() {
        QFETCH(QByteArray, bytes);
        QFETCH(QByteArray, status);
        Server bench;
        QVERIFY(bench.server->listen());
        QTcpSocket socket;
        socket.connectToHost(QHostAddress::LocalHost, bench.server->httpPort());
        QTRY_COMPARE_WITH_TIMEOUT(socket.state(), QAbstractSocket::ConnectedState, patience);
        socket.write(bytes);
        QTRY_COMPARE_WITH_TIMEOUT(socket.state(), QAbstractSocket::UnconnectedState, patience);
        QVERIFY(socket.readAll().startsWith(status));
        QCOMPARE(bench.refusals.size(), 1);
        QVERIFY(bench.records.empty());
    }

    void http_requestWithoutEnd_isGivenUp() {
        ServerSettings settings;
        settings.connection.requestPatience = std::chrono::milliseconds(50);
        Server bench(std::move(settings));
        QVERIFY(bench.server->listen());
        QTcpSocket socket;
        socket.connectToHost(QHostAddress::LocalHost, bench.server->httpPort());
        QTRY_COMPARE_WITH_TIMEOUT(socket.state(), QAbstractSocket::ConnectedState, patience);
        socket.write("POST / HTTP/1.1\r\nContent-Length: 10\r\n\r\n1");
        QTRY_COMPARE_WITH_TIMEOUT(socket.state(), QAbstractSocket::UnconnectedState, patience);
        QVERIFY(socket.readAll().startsWith("HTTP/1.1 408 "));
    }

    void http_tooManyConnections_areTurnedAway() {
        Server bench;
        QVERIFY(bench.server->listen());
        std::vector<std::unique_ptr<QTcpSocket>> sockets;
        for (int i = 0; i <= HttpListener::maxConnections; ++i) {
            sockets.push_back(std::make_unique<QTcpSocket>());
            sockets.back()->connectToHost(QHostAddress::LocalHost, bench.server->httpPort());
        }
        QTRY_COMPARE_WITH_TIMEOUT(bench.refusals.size(), 1, patience);
        QVERIFY(bench.refusals.first().contains(u"64 connections"_s));
    }

    void tls_ownRoot_vouchesForTheNamesOfKms_data() {
        QTest::addColumn<QString>("name");
        QTest::addColumn<bool>("isServed");
        for (const QString &name :
             {u"kms.us-east-1.amazonaws.com"_s, u"kms-fips.eu-central-1.amazonaws.com"_s,
              u"kms.cn-north-1.amazonaws.com.cn"_s, u"localhost"_s})
            QTest::newRow(qPrintable(name)) << name << true;
        QTest::newRow("another name") << u"example.com"_s << false;
    }
    void tls_ownRoot_vouchesForTheNamesOfKms() {
        QFETCH(QString, name);
        QFETCH(bool, isServed);
        QTemporaryDir folder;
        const auto identity = tlsIdentity(folder.filePath(u"kms"_s), QDateTime::currentSecsSinceEpoch());
        QVERIFY2(identity, qPrintable(identity ? QString() : identity.error().text()));
        ServerSettings settings;
        settings.tls = *identity;
        Server bench(std::move(settings));
        QVERIFY(bench.server->listen());
        QSslSocket socket;
        QSslConfiguration configuration = QSslConfiguration::defaultConfiguration();
        configuration.setCaCertificates(QSslCertificate::fromData(identity->rootPem));
        configuration.setAllowedNextProtocols({"h2", "http/1.1"});
        socket.setSslConfiguration(configuration);
        socket.setPeerVerifyName(name);
        socket.connectToHostEncrypted(u"127.0.0.1"_s, bench.server->tlsPort());
        if (!isServed) {
            QTRY_COMPARE_WITH_TIMEOUT(socket.state(), QAbstractSocket::UnconnectedState, patience);
            QVERIFY(!socket.isEncrypted());
            return;
        }
        QTRY_VERIFY2_WITH_TIMEOUT(socket.isEncrypted(), qPrintable(socket.errorString()), patience);
        QCOMPARE(socket.sslConfiguration().nextNegotiatedProtocol(), QByteArray("http/1.1"));
        socket.write(signedCall("ListKeys", "{}"));
        QByteArray answer;
        QTRY_VERIFY_WITH_TIMEOUT(hasAnswer(socket, answer, "\"Keys\":[]"), patience);
    }

    void root_isMadeOnceAndForItsUserAlone() {
        QTemporaryDir folder;
        const QString path = folder.filePath(u"kms"_s), file = path + u"/tls-root.pem"_s;
        const QByteArray first = tlsIdentity(path, 1'800'000'000)->rootPem;
        QCOMPARE(tlsIdentity(path, 1'800'000'000)->rootPem, first);
        QVERIFY(!first.contains("PRIVATE KEY"));
        QCOMPARE(QFileInfo(file).permissions() & QFile::Permissions(0x77), QFile::Permissions());
        QFile::setPermissions(file, QFile::ReadOwner | QFile::WriteOwner | QFile::ReadOther);
        QCOMPARE(tlsIdentity(path, 1'800'000'000).error().code, u"root-unusable"_s);
    }

    void identities_ofAFile_haveTheirPrincipals() {
        const auto identities = Identities::parse(
            quoted("{'Identities': [{'AccessKeyId': 'A', 'SecretAccessKey': 's', 'PrincipalArn': '" +
                   QByteArray(roleArn) + "', 'SessionToken': 't', 'Expires': 5, 'Policies': []}]}"));
        QVERIFY2(identities, qPrintable(identities ? QString() : identities.error().text()));
        QCOMPARE(identities->find("A")->key.expires, std::optional<qint64>(5));
        QVERIFY(identities->find("A")->caller.identityPolicies.empty());
        QVERIFY(!identities->find("B"));
        for (
            const char *bad :
            {"", "{}", "{'Identities': [{}]}",
             "{'Identities': [{'AccessKeyId': 'A', 'SecretAccessKey': 's', 'PrincipalArn': 'x'}]}",
             "{'Identities': [{'AccessKeyId': 'A', 'SecretAccessKey': 's', 'PrincipalArn': 'arn:aws:iam::111122223333:root', 'Policies': [{}]}]}"})
            QCOMPARE(Identities::parse(quoted(bad)).error().code, u"bad-identities"_s);
    }
};

QTEST_GUILESS_MAIN(TestKmsServer)
#include "tst_kms_server.moc"
