// SPDX-License-Identifier: GPL-2.0-or-later
//
// A machine that is held still for another process, against a monitor that the test plays.
#include "app/session/run/machine_hold.hpp"
#include "tests/unit/proto/device_pair.hpp"

#include <QJsonDocument>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QtTest>

using namespace nitroscope;
using namespace nitroscope::app;
using namespace Qt::Literals::StringLiterals;
using nitroscope::tests::PairEnd;

namespace {

// QEMU's end: answers as a machine does and notes what it was asked.
class FakeMachine : public QObject {
public:
    explicit FakeMachine(bool runs) : m_runs(runs) {
        m_clientEnd.connectTo(m_end);
        m_end.connectTo(m_clientEnd);
        client = std::make_unique<qmp::Client>(&m_clientEnd);
        connect(&m_end, &QIODevice::readyRead, this, &FakeMachine::read);
        m_end.write(
            R"({"QMP": {"version": {"qemu": {"micro": 0, "minor": 0, "major": 10}, "package": ""}, "capabilities": []}})"
            "\r\n");
    }

    std::unique_ptr<qmp::Client> client;
    QStringList asked;

private:
    void read() {
        m_buffer += m_end.readAll();
        for (qsizetype end; (end = m_buffer.indexOf('\n')) >= 0; m_buffer.remove(0, end + 1)) {
            const QJsonObject command = QJsonDocument::fromJson(m_buffer.left(end)).object();
            const QString name = command["execute"].toString();
            if (name != "qmp_capabilities"_L1)
                asked << name;
            QJsonValue value = QJsonObject();
            if (name == "query-status"_L1)
                value = QJsonObject{{"running", m_runs}};
            if (name == "human-monitor-command"_L1)
                value = u"CPU#0\nRIP=1\n"_s;
            m_end.write(QJsonDocument(QJsonObject{{"return", value}, {"id", command["id"]}})
                            .toJson(QJsonDocument::Compact) +
                        "\r\n");
        }
    }

    PairEnd m_clientEnd, m_end;
    QByteArray m_buffer;
    bool m_runs;
};

} // namespace

class TestMachineHold : public QObject {
    Q_OBJECT
private slots:
    void hold_runningMachine_stopsItAndLetsItGoOn() {
        const QTemporaryDir folder;
        FakeMachine machine(true);
        HoldServer server([&] { return machine.client.get(); });
        QVERIFY(server.listen(folder.filePath(u"hold"_s)));
        MachineHold hold;
        QSignalSpy held(&hold, &MachineHold::held);
        hold.ask(folder.filePath(u"hold"_s));
        QTRY_COMPARE(held.count(), 1);
        QCOMPARE(held[0][0].toByteArray(), QByteArray("CPU#0\nRIP=1\n"));
        QCOMPARE(machine.asked, QStringList({u"query-status"_s, u"stop"_s, u"human-monitor-command"_s}));
        hold.release();
        QTRY_COMPARE(machine.asked.value(3), u"cont"_s);
    }

    void hold_pausedMachine_staysPaused() {
        const QTemporaryDir folder;
        FakeMachine machine(false);
        HoldServer server([&] { return machine.client.get(); });
        QVERIFY(server.listen(folder.filePath(u"hold"_s)));
        for (int i = 0; i < 2; ++i) { // one after the other
            MachineHold hold;
            QSignalSpy held(&hold, &MachineHold::held);
            hold.ask(folder.filePath(u"hold"_s));
            QTRY_COMPARE(held.count(), 1);
        }
        QCOMPARE(machine.asked.count(u"human-monitor-command"_s), 2);
        QVERIFY(!machine.asked.contains(u"stop"_s) && !machine.asked.contains(u"cont"_s));
    }

    void hold_bySeveral_isOneAtATime() {
        const QTemporaryDir folder;
        FakeMachine machine(true);
        HoldServer server([&] { return machine.client.get(); });
        QVERIFY(server.listen(folder.filePath(u"hold"_s)));
        MachineHold first, second;
        QSignalSpy firstHeld(&first, &MachineHold::held), secondHeld(&second, &MachineHold::held);
        first.ask(folder.filePath(u"hold"_s));
        QTRY_COMPARE(firstHeld.count(), 1);
        second.ask(folder.filePath(u"hold"_s));
        QVERIFY(secondHeld.isEmpty());
        first.release();
        QTRY_COMPARE(secondHeld.count(), 1);
        QCOMPARE(machine.asked.count(u"cont"_s), 1);
    }

    void hold_machineWithoutMonitor_isRefused() {
        const QTemporaryDir folder;
        HoldServer server([] { return nullptr; });
        QVERIFY(server.listen(folder.filePath(u"hold"_s)));
        MachineHold hold;
        QSignalSpy failed(&hold, &MachineHold::failed);
        hold.ask(folder.filePath(u"hold"_s));
        QTRY_COMPARE(failed.count(), 1);
    }

    void hold_nobodyThere_isRefused() {
        const QTemporaryDir folder;
        MachineHold hold;
        QSignalSpy failed(&hold, &MachineHold::failed);
        hold.ask(folder.filePath(u"hold"_s));
        QTRY_COMPARE(failed.count(), 1);
    }
};

QTEST_GUILESS_MAIN(TestMachineHold)
#include "tst_machine_hold.moc"
