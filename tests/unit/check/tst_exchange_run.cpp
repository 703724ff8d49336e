// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/session/check/exchange_run.hpp"

#include <QtTest>
#include <sys/socket.h>
#include <unistd.h>

using namespace nitroscope::app;
using Role = ExchangeRun::Role;

class ExchangeRunTest : public QObject {
    Q_OBJECT

    // The enclave's end, without waiting.
    struct Peer {
        int fd;
        QByteArray read() const {
            char bytes[4096];
            const ssize_t count = ::recv(fd, bytes, sizeof bytes, MSG_DONTWAIT);
            return count > 0 ? QByteArray(bytes, count) : QByteArray();
        }
        void write(const QByteArray &bytes) const {
            QCOMPARE(::send(fd, bytes.constData(), size_t(bytes.size()), 0), bytes.size());
        }
        void end() const { ::shutdown(fd, SHUT_WR); }
    };

    void begin(const Exchange &exchange, Role role) {
        int ends[2];
        QCOMPARE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
        m_other = UniqueFd(ends[1]);
        m_peer.fd = ends[1];
        m_done.clear();
        m_run = std::make_unique<ExchangeRun>(
            UniqueFd(ends[0]), exchange, role,
            [this](bool isRight, const QString &detail) {
                m_done << (isRight ? "right: " : "wrong: ") + detail;
            },
            nullptr);
    }

    UniqueFd m_other;
    Peer m_peer{-1};
    QStringList m_done;
    std::unique_ptr<ExchangeRun> m_run;

private slots:
    void cleanup() { m_run.reset(); }

    void dialed_expected_isAnswered() {
        begin({{}, "pong", QRegularExpression("ping [0-9]+\n")}, Role::dialed);
        m_peer.write("ping 4");
        QTest::qWait(20);
        QVERIFY(m_done.isEmpty());
        m_peer.write("2\n");
        QTRY_COMPARE(m_done.size(), 1);
        QCOMPARE(m_done[0], QString("right: 4 bytes were sent"));
        QCOMPARE(m_peer.read(), QByteArray("pong"));
    }

    void dialed_somethingElse_isWrong() {
        begin({{}, "pong", QRegularExpression("ping")}, Role::dialed);
        m_peer.write("pang");
        m_peer.end();
        QTRY_COMPARE(m_done.size(), 1);
        QVERIFY2(m_done[0].startsWith("wrong: it ended before /ping/") && m_done[0].endsWith("pang"),
                 qPrintable(m_done[0]));
    }

    void dialed_nothingExpected_isAnsweredAtOnce() {
        begin({{}, "welcome", {}}, Role::dialed);
        QTRY_COMPARE(m_done.size(), 1);
        QCOMPARE(m_peer.read(), QByteArray("welcome"));
    }

    void dials_answer_isAwaited() {
        begin({{}, "hello", QRegularExpression("HELLO")}, Role::dials);
        QByteArray got;
        QTRY_VERIFY((got += m_peer.read()) == "hello");
        m_peer.write("HELLO");
        QTRY_COMPARE(m_done.size(), 1);
        QVERIFY(m_done[0].startsWith("right"));
    }

    void dials_peerEnds_isWrong() {
        begin({{}, "hello", QRegularExpression("HELLO")}, Role::dials);
        m_peer.end();
        QTRY_COMPARE(m_done.size(), 1);
        QVERIFY(m_done[0].startsWith("wrong"));
    }

    void program_hasTheConnection_andItsStatusCounts() {
        begin({{"/bin/sh", "-c", "read line; echo \"got $line\"; test \"$line\" = yes"}, {}, {}},
              Role::dialed);
        m_peer.write("yes\n");
        QByteArray got;
        QTRY_VERIFY((got += m_peer.read()) == "got yes\n");
        QTRY_COMPARE(m_done.size(), 1);
        QCOMPARE(m_done[0], QString("right: /bin/sh exited with 0"));

        begin({{"/bin/sh", "-c", "exit 3"}, {}, {}}, Role::dials);
        QTRY_COMPARE(m_done.size(), 1);
        QCOMPARE(m_done[0], QString("wrong: /bin/sh exited with 3"));
    }

    void program_missing_isWrong() {
        begin({{"/nowhere/program"}, {}, {}}, Role::dialed);
        QTRY_COMPARE(m_done.size(), 1);
        QVERIFY2(m_done[0].startsWith("wrong: /nowhere/program could not be started"), qPrintable(m_done[0]));
    }

    void dialed_flood_isBounded() {
        begin({{}, "ok", QRegularExpression("END$")}, Role::dialed);
        const QByteArray piece(16 * 1024, 'x');
        for (int i = 0; i < 64; ++i) {
            m_peer.write(piece);
            QTest::qWait(1);
        }
        m_peer.write("END");
        QTRY_COMPARE(m_done.size(), 1);
        QVERIFY(m_done[0].startsWith("right"));
    }
};

QTEST_GUILESS_MAIN(ExchangeRunTest)
#include "tst_exchange_run.moc"
