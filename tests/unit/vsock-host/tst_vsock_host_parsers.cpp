// SPDX-License-Identifier: GPL-2.0-or-later
//
// What users and foreign programs write: the first line on the hybrid socket, addresses, routes.
#include "qemu-machine/vsock/host/handshake.hpp"
#include "qemu-machine/vsock/host/route.hpp"

#include <QtTest>

using namespace nitroscope::vsock;
using State = HandshakeParser::State;

namespace {

HandshakeParser parsed(const QByteArray &bytes) {
    HandshakeParser parser;
    for (const char byte : bytes)
        parser.feed(static_cast<uint8_t>(byte));
    return parser;
}

} // namespace

class VsockHostParsers : public QObject {
    Q_OBJECT
private slots:
    void handshake_goodLine_isUnderstood_data() {
        QTest::addColumn<QByteArray>("line");
        QTest::addColumn<quint32>("port");
        QTest::addColumn<qint64>("cid");    // -1: none
        QTest::addColumn<qint64>("source"); // -1: none
        QTest::addColumn<qint64>("held");   // -1: none
        const auto row = [](const char *line, quint32 port, qint64 cid = -1, qint64 source = -1,
                            qint64 held = -1) {
            QTest::newRow(line) << QByteArray(line) + '\n' << port << cid << source << held;
        };
        row("CONNECT 5000", 5000);
        row("connect 5000", 5000);
        row("CONNECT 5000\r", 5000);
        row("CONNECT 0", 0);
        row("CONNECT 4294967295", 4294967295);
        row("CONNECT  52 ", 52);
        row("CONNECT 0:10016", 10016, 0);
        row("CONNECT 16:5000 1024", 5000, 16, 1024);
        row("CONNECT 5000 1024\r", 5000, -1, 1024);
        row("CONNECT 5000 1024 ", 5000, -1, 1024);
        row("CONNECT 16:5000 1024 +53249", 5000, 16, 1024, 53249);
        row("CONNECT 16:5000 1024 +0 \r", 5000, 16, 1024, 0);
        row("CONNECT 000000000000000000000000000000000000000000000000005000", 5000);
    }
    void handshake_goodLine_isUnderstood() {
        QFETCH(QByteArray, line);
        QFETCH(quint32, port);
        QFETCH(qint64, cid);
        QFETCH(qint64, source);
        QFETCH(qint64, held);
        const HandshakeParser parser = parsed(line + "CONNECT 1\nmore"); // what follows is not looked at
        QVERIFY2(parser.state() == State::complete, parser.problem());
        QCOMPARE(parser.taken(), size_t(line.size()));
        QCOMPARE(parser.request().port, port);
        QCOMPARE(parser.request().cid ? qint64(*parser.request().cid) : -1, cid);
        QCOMPARE(parser.request().sourcePort ? qint64(*parser.request().sourcePort) : -1, source);
        QCOMPARE(parser.request().heldBytes ? qint64(*parser.request().heldBytes) : -1, held);
    }

    void handshake_cutAtEveryByte_waitsForMore() {
        const QByteArray line = "CONNECT 16:5000 1024\r\n";
        for (qsizetype size = 0; size < line.size(); ++size)
            QVERIFY(parsed(line.left(size)).state() == State::reading);
        QVERIFY(parsed(line).state() == State::complete);
    }

    void handshake_badLine_failsForGood_data() {
        QTest::addColumn<QByteArray>("line");
        for (const char *line : {"GET / HTTP/1.1\n",
                                 "\n",
                                 "CONNECT\n",
                                 "CONNECT \n",
                                 "CONNECT5\n",
                                 "CONNECT -1\n",
                                 "CONNECT +1\n",
                                 "CONNECT 1x\n",
                                 "CONNECT 0x10\n",
                                 "CONNECT 4294967296\n",
                                 "CONNECT 99999999999999999999999\n",
                                 "CONNECT 1:\n",
                                 "CONNECT :1\n",
                                 "CONNECT 1:2:3\n",
                                 "CONNECT 1: 2\n",
                                 "CONNECT 1 2 3\n",
                                 "CONNECT 1 2:3\n",
                                 "CONNECT \r\n",
                                 "CONNECT 1:\r\n",
                                 "CONNECT 1 +2\n",
                                 "CONNECT 1 2 +\n",
                                 "CONNECT 1 2 +\r\n",
                                 "CONNECT 1 2 + 3\n",
                                 "CONNECT 1 2 +3 4\n",
                                 "CONNECT 1 2+3\n",
                                 "CONNECT 1 2 ++3\n",
                                 "CONNECT 1 2 +67108865\n",
                                 "CONNECT 1\r2\n"})
            QTest::newRow(QByteArray(line).trimmed().constData()) << QByteArray(line);
        QTest::newRow("zero byte") << QByteArray("CONNECT 1\0\n", 11);
        QTest::newRow("endless spaces") << "CONNECT " + QByteArray(200, ' ');
        QTest::newRow("endless zeros") << "CONNECT " + QByteArray(200, '0');
    }
    void handshake_badLine_failsForGood() {
        QFETCH(QByteArray, line);
        HandshakeParser parser = parsed(line);
        QVERIFY(parser.state() == State::failed);
        QVERIFY(*parser.problem() != 0);
        QVERIFY(parser.feed('\n') == State::failed);
    }

    void address_text_isReadAndWritten_data() {
        QTest::addColumn<QString>("text");
        QTest::addColumn<QString>("written"); // empty: refused
        QTest::newRow("path") << "/run/x"
                              << "unix:/run/x";
        QTest::newRow("unix") << "unix:/run/x"
                              << "unix:/run/x";
        QTest::newRow("longest path") << "/" + QString(106, u'a') << "unix:/" + QString(106, u'a');
        QTest::newRow("too long") << "/" + QString(107, u'a') << QString();
        QTest::newRow("relative") << "unix:x" << QString();
        QTest::newRow("tcp") << "tcp:127.0.0.1:80"
                             << "tcp:127.0.0.1:80";
        QTest::newRow("name") << "tcp:kms.example:443"
                              << "tcp:kms.example:443";
        QTest::newRow("IPv6") << "tcp:[::1]:8080"
                              << "tcp:[::1]:8080";
        QTest::newRow("IPv6 without brackets") << "tcp:::1:8080" << QString();
        QTest::newRow("no port") << "tcp:localhost" << QString();
        QTest::newRow("port 0") << "tcp:localhost:0" << QString();
        QTest::newRow("port 65536") << "tcp:localhost:65536" << QString();
        QTest::newRow("no host") << "tcp::80" << QString();
        QTest::newRow("nothing") << QString() << QString();
        QTest::newRow("other") << "udp:localhost:1" << QString();
    }
    void address_text_isReadAndWritten() {
        QFETCH(QString, text);
        QFETCH(QString, written);
        std::string problem;
        const auto address = HostAddress::parse(text.toStdString(), problem);
        QCOMPARE(QString::fromStdString(address ? address->text() : std::string()), written);
        QCOMPARE(problem.empty(), address.has_value());
    }

    void routes_ofTheCommandLine_areReadByPort() {
        std::string problem;
        const auto table =
            parseRoutes("8000=tcp:localhost:80;8001=refuse;5000=listen:/run/a;5000=echo", problem);
        QVERIFY2(table, problem.c_str());
        QCOMPARE(table->outgoing.size(), size_t(3));
        QCOMPARE(table->published.size(), size_t(1));
        QCOMPARE(table->outgoing.at(8000).text(), std::string("tcp:localhost:80"));
        QCOMPARE(table->outgoing.at(5000).text(), std::string("echo"));
        QCOMPARE(table->published.at(5000).text(), std::string("listen:unix:/run/a"));
    }

    void routes_withAMistake_nameIt_data() {
        QTest::addColumn<QString>("text");
        QTest::addColumn<QString>("word");
        QTest::newRow("no port") << "refuse"
                                 << "PORT=ROUTE";
        QTest::newRow("any port") << "4294967295=refuse"
                                  << "PORT=ROUTE";
        QTest::newRow("twice") << "1=refuse;1=echo"
                               << "two routes";
        QTest::newRow("kind") << "1=drop"
                              << "refuse or echo";
        QTest::newRow("second") << "1=echo;2=tcp:x"
                                << "port 2";
    }
    void routes_withAMistake_nameIt() {
        QFETCH(QString, text);
        QFETCH(QString, word);
        std::string problem;
        QVERIFY(!parseRoutes(text.toStdString(), problem));
        QVERIFY2(QString::fromStdString(problem).contains(word), problem.c_str());
    }
};

QTEST_GUILESS_MAIN(VsockHostParsers)
#include "tst_vsock_host_parsers.moc"
