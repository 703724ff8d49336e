// SPDX-License-Identifier: GPL-2.0-or-later
//
// The fake keeps the promises of the interface, or tests built on it would prove nothing.
#include "app/session/account/capture_feed.hpp"
#include "tests/support/session/fake_session.hpp"

#include <QSignalSpy>
#include <QtTest>

using namespace nitroscope::app;
using State = EnclaveSession::State;

class TestFakeSession : public QObject {
    Q_OBJECT
private slots:
    void demoBoot_reports_comeInOrder() {
        FakeSession session;
        QSignalSpy states(&session, &EnclaveSession::stateChanged);
        QSignalSpy stages(&session, &EnclaveSession::bootStage);
        RunAccount account;
        CaptureFeed feed(account);
        feed.add(*session.capture());
        session.start({});
        session.playDemoBoot();
        QCOMPARE(states.count(), 2);
        QCOMPARE(stages.count(), 6);
        for (int i = 0; i < PcrAccount::pcrCount; ++i)
            QVERIFY(account.pcrs().value(i));
        QCOMPARE(account.stages().size(), 6);
        QVERIFY(session.state() == State::running);
    }

    void stop_whileRunning_endsOnce() {
        FakeSession session;
        QSignalSpy ended(&session, &EnclaveSession::ended);
        session.stop();
        session.playDemoBoot();
        session.stop();
        session.stop();
        QCOMPARE(ended.count(), 1);
        QVERIFY(session.state() == State::ended);
        QCOMPARE(session.calls(), (QStringList{"stop", "stop", "stop"}));
    }

    void playEnd_failure_setsFailed() {
        FakeSession session;
        session.start({});
        session.playEnd({EndKind::qemuKilled, "x", {}});
        QVERIFY(session.state() == State::failed);
    }

    void input_isRecorded() {
        FakeSession session;
        session.sendConsoleInput("ab");
        session.sendConsoleInput("c");
        QCOMPARE(session.consoleInput(), QByteArray("abc"));
    }
};

QTEST_GUILESS_MAIN(TestFakeSession)
#include "tst_fake_session.moc"
