// SPDX-License-Identifier: GPL-2.0-or-later
//
// Programs of the parent instance in the patterns that people have (parent_program.cpp), and ncat where it is
// installed, with the preload library and an enclave in memory. docs/vsock.md lists them as recipes.
#include "tests/unit/vsock-preload/fake_enclave.hpp"
#include "tests/unit/vsock-preload/python_program.hpp"

#include <QTcpServer>
#include <QTcpSocket>
#include <QTemporaryDir>
#include <QtEndian>
#include <QtTest>

using namespace nitroscope::vsock::test;

namespace {

const QString program = QStringLiteral(NITROSCOPE_BINARY_DIR "/tests/parent_program");

QByteArray message(const QByteArray &text) {
    QByteArray size(8, '\0');
    qToLittleEndian(quint64(text.size()), size.data());
    return size + text;
}

} // namespace

class ParentPrograms : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;
    std::string m_path;
    std::unique_ptr<FakeEnclave> m_enclave;

    void start(QProcess &process, const QString &name, const QStringList &arguments) {
        preload(process, m_path);
        process.start(name, arguments);
        QVERIFY(process.waitForStarted(patienceMs));
    }

private slots:
    void initTestCase() {
        m_path = m_folder.filePath(u"vsock"_s).toStdString();
        m_enclave = std::make_unique<FakeEnclave>(m_path);
    }
    void cleanupTestCase() { m_enclave.reset(); }

    void sample_connectsAndListens() {
        QProcess client;
        start(client, program, {u"client"_s, u"16"_s, u"5000"_s});
        client.write("hello");
        client.closeWriteChannel();
        QVERIFY(client.waitForFinished(patienceMs));
        QCOMPARE(client.readAllStandardOutput(), QByteArray("hello"));

        QProcess server;
        start(server, program, {u"server"_s, u"8200"_s});
        QCOMPARE(QString::fromStdString(m_enclave->dial(8200, "request")), u"REQUEST"_s);
        QVERIFY(server.waitForFinished(patienceMs));
        QCOMPARE(server.readAllStandardError(), QByteArray("from 16, 16 bytes of address\n"));
    }

    void sample_refused_saysWhy() {
        QProcess client;
        start(client, program, {u"client"_s, u"16"_s, u"1"_s});
        QVERIFY(client.waitForFinished(patienceMs));
        QCOMPARE(client.readAllStandardError(), QByteArray("connect: Connection reset by peer\n"));
    }

    // command-executer with its server on this side; the other way round it is the sample's client.
    void command_outputComesBackWithItsLength() {
        QProcess server;
        start(server, program, {u"command-server"_s, u"8201"_s});
        const std::string answer = m_enclave->dial(8201, message("echo one; exit 3").toStdString());
        QCOMPARE(QByteArray::fromStdString(answer), message("one\nstatus 768\n"));
        QVERIFY(server.waitForFinished(patienceMs));
    }

    void relay_asVsockProxy_joinsTheEnclaveWithTcp() {
        QTcpServer host;
        QVERIFY(host.listen(QHostAddress::LocalHost));
        connect(&host, &QTcpServer::newConnection, &host, [&host] {
            QTcpSocket *socket = host.nextPendingConnection();
            connect(socket, &QTcpSocket::readyRead, socket, [socket] {
                socket->write(socket->readAll().toUpper());
                socket->flush();
            });
            connect(socket, &QTcpSocket::disconnected, socket, &QObject::deleteLater);
        });
        QProcess relay;
        start(relay, program, {u"relay"_s, u"8202"_s, QString::number(host.serverPort())});
        std::string answer;
        std::atomic<bool> isDone = false;
        std::thread enclave([&] {
            answer = m_enclave->dial(8202, "through the relay");
            isDone = true;
        });
        QTRY_VERIFY_WITH_TIMEOUT(isDone.load(), patienceMs);
        enclave.join();
        QCOMPARE(QString::fromStdString(answer), u"THROUGH THE RELAY"_s);
        QTRY_COMPARE_WITH_TIMEOUT(relay.state(), QProcess::NotRunning, patienceMs);
    }

    // A child of vfork() closes its descriptors in its parent's memory.
    void launcher_childClosesASocket_parentStillHasIt() {
        QProcess process;
        start(process, program, {u"launcher"_s, u"16"_s, u"5000"_s});
        QVERIFY(process.waitForFinished(patienceMs));
        QCOMPARE(process.readAllStandardError(), QByteArray());
        QCOMPARE(process.readAllStandardOutput(), QByteArray("still there\n"));
    }

    void ncat_connects() {
        const QString ncat = QStandardPaths::findExecutable(u"ncat"_s);
        if (ncat.isEmpty())
            QSKIP("ncat is not installed");
        QProcess client;
        start(client, ncat, {u"--vsock"_s, u"16"_s, u"5000"_s});
        client.write("through ncat");
        client.closeWriteChannel();
        QVERIFY(client.waitForFinished(patienceMs));
        QCOMPARE(client.readAllStandardOutput(), QByteArray("through ncat"));
    }
};

QTEST_GUILESS_MAIN(ParentPrograms)
#include "tst_parent_programs.moc"
