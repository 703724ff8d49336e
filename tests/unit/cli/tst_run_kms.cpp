// SPDX-License-Identifier: GPL-2.0-or-later
//
// run-enclave --kms with fake_qemu: the KMS is there for the enclave's life, and its calls are in the capture.
#include "command.hpp"
#include "tests/unit/kms/signed_call.hpp"

#include <csignal>
#include <QDir>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QRegularExpression>
#include <QTcpSocket>
#include <QTemporaryDir>

using namespace nitroscope;
using namespace nitroscope::test;
using namespace nitroscope::tests;
using namespace Qt::Literals::StringLiterals;

namespace {

constexpr int patience = 60'000;
constexpr auto roleArn = "arn:aws:iam::111122223333:role/parent";

quint16 portIn(const QByteArray &said) {
    static const QRegularExpression shape(u"http://127\\.0\\.0\\.1:([0-9]+)"_s);
    return quint16(shape.match(QString::fromUtf8(said)).captured(1).toUShort());
}

} // namespace

class TestRunKms : public QObject {
    Q_OBJECT
    QTemporaryDir m_folder;

    QString file(const QString &name, const QByteArray &content) const {
        QFile out(m_folder.filePath(name));
        return out.open(QIODevice::WriteOnly) && out.write(content) == content.size() ? out.fileName()
                                                                                      : QString();
    }
    QString policy() const {
        return file(
            u"app-key.json"_s,
            R"({"Statement": {"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "kms:*", "Resource": "*"}})");
    }
    QStringList run(const QStringList &more) const {
        return QStringList{u"run-enclave"_s, u"--eif-path"_s, u"/some.eif"_s, u"--kms-folder"_s,
                           m_folder.filePath(u"kms"_s)} +
               more;
    }
    // The answer to a call; empty when nobody listens.
    static QByteArray ask(quint16 port, const QByteArray &operation, const QByteArray &body) {
        QTcpSocket socket;
        socket.connectToHost(QHostAddress::LocalHost, port);
        if (!socket.waitForConnected(patience))
            return {};
        socket.write(signedCall(operation, body));
        QByteArray answer;
        while (!answer.contains("\r\n\r\n") && socket.waitForReadyRead(patience))
            answer += socket.readAll();
        return answer;
    }

private slots:
    void initTestCase() {
        QVERIFY(m_folder.isValid());
        qputenv("XDG_RUNTIME_DIR", m_folder.path().toLocal8Bit());
        qputenv("XDG_DATA_HOME", m_folder.filePath(u"data"_s).toLocal8Bit());
        qputenv("NITROSCOPE_FAKE_QEMU", "boot");
    }

    void attached_callsOfTheRole_areToldAndCaptured() {
        const QString capture = m_folder.filePath(u"run.pcapng"_s);
        QProcess process;
        startCommand(process, run({u"--attach-console"_s, u"--kms"_s, policy(), u"--parent-role"_s,
                                   QString::fromLatin1(roleArn), u"--capture"_s, capture}));
        QByteArray said;
        QTRY_VERIFY_WITH_TIMEOUT((said += process.readAllStandardError(), said.contains("alias/app-key is ")),
                                 patience);
        QVERIFY2(said.contains("vsock port 8000 as kms.us-east-1.amazonaws.com"), said);
        QVERIFY2(said.contains(QByteArray("the parent's role is ") + roleArn), said);
        const quint16 port = portIn(said);
        QVERIFY(ask(port, "DescribeKey", R"({"KeyId": "alias/app-key"})").startsWith("HTTP/1.1 200 "));
        QVERIFY(ask(port, "DescribeKey", R"({"KeyId": "alias/none"})").startsWith("HTTP/1.1 400 "));
        QTRY_VERIFY_WITH_TIMEOUT(
            (said += process.readAllStandardError(), said.contains("→ NotFoundException")), patience);
        QVERIFY2(said.contains("Allowed by statement 1 of key policy"), said);
        ::kill(pid_t(process.processId()), SIGINT);
        const CommandResult end = finishCommand(process);
        QCOMPARE(end.exitCode, 128 + SIGINT);

        const CommandResult shown =
            runCommand({u"capture"_s, u"show"_s, capture, u"--filter"_s, u"kind==kms-call"_s, u"--json"_s});
        QVERIFY2(shown.exitCode == 0, shown.error);
        const QByteArrayList lines = shown.output.trimmed().split('\n');
        QCOMPARE(lines.size(), 2);
        const QJsonObject call = QJsonDocument::fromJson(lines[0]).object()["content"_L1].toObject();
        QCOMPARE(call["operation"_L1].toString(), u"DescribeKey"_s);
        QVERIFY(call["principal"_L1].toString().endsWith(u":assumed-role/parent/nitroscope"_s));
        QVERIFY(call["policy"_L1].toString().startsWith(u"7b22"_s));
        QVERIFY(lines[1].contains("NotFoundException"));
        QVERIFY(ask(port, "ListKeys", "{}").isEmpty()); // it has gone with the enclave
    }

    void detached_refusals_areWarningsOfTheEnclave() {
        const CommandResult started = runCommand(run({u"--kms"_s}));
        QVERIFY2(started.exitCode == 0, started.error);
        QVERIFY2(started.error.contains("the parent's role is arn:aws:iam::111122223333:role/nitroscope"),
                 started.error);
        QVERIFY(ask(portIn(started.error), "Encrypt", "{}").startsWith("HTTP/1.1 400 "));
        const auto described = [] { return runCommand({u"describe-enclaves"_s}).output; };
        QTRY_VERIFY_WITH_TIMEOUT(described().contains("KMS: Encrypt by "), patience);
        QCOMPARE(runCommand({u"terminate-enclave"_s, u"--all"_s}).exitCode, 0);
        QVERIFY(ask(portIn(started.error), "ListKeys", "{}").isEmpty());
    }

    void wrongOptions_endBeforeTheStart_data() {
        QTest::addColumn<QStringList>("options");
        QTest::addColumn<QByteArray>("words");
        QTest::newRow("port taken") << QStringList{u"--kms"_s, u"--vsock-route"_s, u"8000=echo"_s}
                                    << QByteArray("Port 8000 is the one");
        QTest::newRow("no policy") << QStringList{u"--kms"_s, u"/nowhere.json"_s}
                                   << QByteArray("/nowhere.json");
        QTest::newRow("role") << QStringList{u"--kms"_s, u"--parent-role"_s, u"enclave"_s}
                              << QByteArray("enclave");
    }
    void wrongOptions_endBeforeTheStart() {
        QFETCH(QStringList, options);
        QFETCH(QByteArray, words);
        const CommandResult attached = runCommand(run(options + QStringList{u"--attach-console"_s}));
        QCOMPARE(attached.exitCode, 1);
        QVERIFY2(attached.error.contains(words), attached.error);
        const CommandResult detached = runCommand(run(options));
        QCOMPARE(detached.exitCode, 3); // E03
        QVERIFY2(detached.error.contains(words), detached.error);
    }
};

QTEST_GUILESS_MAIN(TestRunKms)
#include "tst_run_kms.moc"
