// SPDX-License-Identifier: GPL-2.0-or-later
//
// vsock when the machine or the driver starts over: device reset, stop and continue, snapshots, transport
// reset (docs of the machine: only what is between guest and device is in a snapshot, so flows end on load).
#include "tests/device/support/snapshot_disk.hpp"
#include "tests/device/support/vsock_host.hpp"

#include <QJsonArray>
#include <QtTest>

using namespace nitroscope::test;
using namespace Qt::StringLiterals;

namespace {

constexpr quint32 working = 0xf;
constexpr qint64 second = 1'000'000'000;

} // namespace

class VsockLife : public QObject {
    Q_OBJECT

private:
    QTemporaryDir m_folder;
    QtestMachine m_machine;
    VsockDriver m_guest{m_machine};
    VsockHostPrograms m_host{m_machine};

    void stop() {
        m_machine.command(u"stop"_s);
        QVERIFY(!m_machine.takeEvent(u"STOP"_s).contains(u"error"_s));
    }
    // A snapshot job, done. Every test has a snapshot of its name.
    void snapshot(const QString &command) {
        QJsonObject arguments{{u"job-id"_s, u"job"_s},
                              {u"tag"_s, QString::fromUtf8(QTest::currentTestFunction())},
                              {u"vmstate"_s, u"disk"_s},
                              {u"devices"_s, QJsonArray{u"disk"_s}}};
        QCOMPARE(m_machine.command(command, arguments).toObject(), QJsonObject());
        QString status;
        while (status != u"concluded"_s) {
            const QJsonObject event = m_machine.takeEvent(u"JOB_STATUS_CHANGE"_s);
            QVERIFY(!event.isEmpty());
            status = event[u"status"_s].toString();
        }
        const QJsonObject job = m_machine.command(u"query-jobs"_s).toArray().first().toObject();
        QVERIFY2(!job.contains(u"error"_s), qPrintable(job[u"error"_s].toString()));
        m_machine.command(u"job-dismiss"_s, {{u"id"_s, u"job"_s}});
        status.clear();
        while (status != u"null"_s)
            status = m_machine.takeEvent(u"JOB_STATUS_CHANGE"_s)[u"status"_s].toString();
    }

private slots:
    void initTestCase() {
        if (QtestMachine::qemu().isEmpty())
            QSKIP("build/bin/qemu-system-x86_64 has not been built (./workbench build)");
        const QString disk = m_folder.filePath(u"snapshots.qcow2"_s);
        QVERIFY(writeSnapshotDisk(disk));
        // Snapshots contain the memory: a small machine is quicker.
        const QStringList more{u"-m"_s, u"128"_s, u"-drive"_s,
                               u"if=none,format=qcow2,node-name=disk,file="_s + disk};
        QVERIFY2(m_machine.start(m_host.arguments({u"7000=echo"_s}) + more), m_machine.errorOutput());
    }
    void init() {
        QCOMPARE(m_guest.start(), working);
        m_guest.offerReceiveBuffers(32);
        m_guest.offerEventBuffers();
    }
    void cleanup() {
        m_machine.command(u"cont"_s);
        if (QTest::currentTestFailed())
            qInfo().noquote() << m_machine.errorOutput();
    }

    void deviceReset_midFlow_endsFlowsAndTheNextDriverWorks() {
        auto flow = m_guest.dial(m_host.listenFor(8000));
        QVERIFY(flow);
        m_host.accepted().write(patternBytes(1'000'000)); // more than the guest takes
        m_host.accepted().flush();
        QVERIFY(m_guest.receive());
        m_guest.send(VsockDriver::with(*flow, VSOCK_OP_RW, patternBytes(5000)));
        QCOMPARE(m_guest.start(), working);
        QVERIFY(VsockHostPrograms::hasEnded(m_host.accepted()));
        QCOMPARE(m_host.endOf(8000), u"device-reset"_s);
        m_guest.offerReceiveBuffers(8);
        QVERIFY(!m_guest.hasReceived());
        QVERIFY(m_guest.dial(7000));
    }

    void hostProgram_beforeTheDriver_waitsForIt() {
        m_guest.rx().set(MmioRegister::status, 0);
        auto program = m_host.connectTo(5000);
        QTRY_COMPARE_WITH_TIMEOUT(m_host.query()[u"flows"_s].toArray().size(), qsizetype(1), 60000);
        QCOMPARE(m_guest.start(), working);
        m_guest.offerReceiveBuffers(8);
        const auto request = m_guest.receive();
        QVERIFY(request);
        QCOMPARE(request->op, VSOCK_OP_REQUEST);
        QCOMPARE(request->destinationPort, 5000u);
    }

    void stopped_sentPackets_waitAndAreTakenOnContinue() {
        auto flow = m_guest.dial(m_host.listenFor(8000));
        QVERIFY(flow);
        stop();
        const quint16 before = m_guest.sentAndUsed();
        m_guest.send(VsockDriver::with(*flow, VSOCK_OP_RW, "in flight"));
        m_host.accepted().write("for later");
        m_host.accepted().flush();
        m_host.query();
        QCOMPARE(m_guest.sentAndUsed(), before);
        QVERIFY(!m_guest.hasReceived());
        m_machine.command(u"cont"_s);
        // Without another notification.
        QCOMPARE(m_host.read(9), QByteArray("in flight"));
        QCOMPARE(m_guest.receiveBytes(*flow, 9), QByteArray("for later"));
        QVERIFY(m_guest.takeEvent(200) == std::nullopt); // a bare stop resets nothing
    }

    void stopped_packetsWithoutAnyNotification_areTakenOnContinue() {
        auto flow = m_guest.dial(m_host.listenFor(8000));
        QVERIFY(flow);
        stop();
        m_guest.send(VsockDriver::with(*flow, VSOCK_OP_RW, "unnoticed"), {}, false, false);
        m_machine.command(u"cont"_s);
        QCOMPARE(m_host.read(9), QByteArray("unnoticed"));
    }

    void saveSnapshot_live_changesNothing() {
        auto flow = m_guest.dial(m_host.listenFor(8000));
        QVERIFY(flow);
        snapshot(u"snapshot-save"_s);
        m_guest.send(VsockDriver::with(*flow, VSOCK_OP_RW, "still here"));
        QCOMPARE(m_host.read(10), QByteArray("still here"));
        QVERIFY(m_guest.takeEvent(200) == std::nullopt);
    }

    void loadSnapshot_endsFlowsTellsTheGuestAndHoldsBackUntilItReacts() {
        auto flow = m_guest.dial(m_host.listenFor(8000));
        QVERIFY(flow);
        auto first = m_host.connectTo(5000);
        const auto request = m_guest.receive();
        QVERIFY(request);
        const quint32 usedPort = request->sourcePort;
        QCOMPARE(m_machine
                     .command(u"vsock-fault-add"_s,
                              {{u"action"_s, u"refuse"_s}, {u"packet"_s, QJsonObject{{u"port"_s, 7777}}}})
                     .toObject()[u"hits"_s]
                     .toInt(),
                 0);
        snapshot(u"snapshot-save"_s);
        m_machine.command(u"vsock-fault-remove"_s);
        stop();
        snapshot(u"snapshot-load"_s);
        QVERIFY(VsockHostPrograms::hasEnded(m_host.accepted()));
        QVERIFY(VsockHostPrograms::hasEnded(*first));
        QCOMPARE(m_host.endOf(8000), u"snapshot-loaded"_s);
        // Rules are part of the snapshot.
        QCOMPARE(m_machine.command(u"vsock-fault-list"_s).toArray().size(), qsizetype(1));
        m_machine.command(u"vsock-fault-remove"_s);
        m_machine.command(u"cont"_s);
        QCOMPARE(m_guest.takeEvent(), std::optional<quint32>(0));
        // Nothing is delivered before the driver has reacted.
        auto second = m_host.connectTo(5000);
        QTRY_COMPARE_WITH_TIMEOUT(m_host.query()[u"flows"_s].toArray().size(), qsizetype(1), 60000);
        m_host.query();
        QVERIFY(!m_guest.hasReceived());
        m_guest.events().offer({0});
        m_guest.events().notify();
        const auto again = m_guest.receive();
        QVERIFY(again);
        QCOMPARE(again->op, VSOCK_OP_REQUEST);
        QVERIFY2(again->sourcePort != usedPort, "the port was used again");
    }

    void loadSnapshot_withSentPacketsInTheQueue_takesThem() {
        QVERIFY(m_guest.dial(m_host.listenFor(8000)));
        stop();
        VsockPacket request;
        request.sourcePort = 1025;
        request.destinationPort = 7000;
        m_guest.send(request);
        snapshot(u"snapshot-save"_s);
        snapshot(u"snapshot-load"_s);
        m_machine.command(u"cont"_s);
        QCOMPARE(m_guest.takeEvent(), std::optional<quint32>(0));
        m_guest.events().offer({0});
        m_guest.events().notify();
        const auto answer = m_guest.receive();
        QVERIFY(answer);
        QCOMPARE(answer->op, VSOCK_OP_RESPONSE);
        QCOMPARE(answer->destinationPort, 1025u);
    }

    void transportReset_withNewCid_isSeenByTheGuest() {
        auto flow = m_guest.dial(m_host.listenFor(8000));
        QVERIFY(flow);
        QCOMPARE(m_machine.command(u"vsock-transport-reset"_s, {{u"guest-cid"_s, 77}}).toObject(),
                 QJsonObject());
        QCOMPARE(m_machine.read32(VsockDriver::transport + 0x100), 77u);
        QCOMPARE(m_guest.takeEvent(), std::optional<quint32>(0));
        QVERIFY(VsockHostPrograms::hasEnded(m_host.accepted()));
        QCOMPARE(m_host.endOf(8000), u"transport-reset"_s);
        m_guest.events().offer({0});
        m_guest.events().notify();
        VsockPacket request;
        request.sourceCid = 77;
        request.destinationPort = 7000;
        m_guest.send(request);
        const auto answer = m_guest.receive();
        QVERIFY(answer);
        QCOMPARE(answer->op, VSOCK_OP_RESPONSE);
        QCOMPARE(answer->destinationCid, 77u);
        m_machine.command(u"vsock-transport-reset"_s, {{u"guest-cid"_s, 16}});
    }

    void transportReset_wrongCid_isRefused_data() {
        QTest::addColumn<qint64>("cid");
        for (const qint64 cid : {0ll, 2ll, 3ll, 0xffffffffll, 1ll << 40})
            QTest::newRow(QByteArray::number(cid).constData()) << cid;
    }
    void transportReset_wrongCid_isRefused() {
        QFETCH(qint64, cid);
        QVERIFY(m_machine.command(u"vsock-transport-reset"_s, {{u"guest-cid"_s, cid}})
                    .toObject()
                    .contains(u"error"_s));
    }

    void transportReset_withoutEventBuffers_isToldWhenThereAreSome() {
        QCOMPARE(m_guest.start(), working); // and no event buffers
        m_guest.offerReceiveBuffers(8);
        QVERIFY(m_guest.dial(m_host.listenFor(8000)));
        m_machine.command(u"vsock-transport-reset"_s);
        QVERIFY(VsockHostPrograms::hasEnded(m_host.accepted()));
        m_guest.offerEventBuffers(1);
        QCOMPARE(m_guest.takeEvent(), std::optional<quint32>(0));
    }

    void transportReset_driverThatNeverReacts_isServedAfterFiveSeconds() {
        m_machine.command(u"vsock-transport-reset"_s);
        QCOMPARE(m_guest.takeEvent(), std::optional<quint32>(0));
        auto program = m_host.connectTo(5000);
        QTRY_COMPARE_WITH_TIMEOUT(m_host.query()[u"flows"_s].toArray().size(), qsizetype(1), 60000);
        QVERIFY(!m_guest.hasReceived());
        m_machine.advanceClock(6 * second);
        const auto request = m_guest.receive();
        QVERIFY(request);
        QCOMPARE(request->op, VSOCK_OP_REQUEST);
    }

    void connect_guestThatNeverAnswers_endsOnTheVirtualClock() {
        auto program = m_host.connectTo(5000);
        QVERIFY(m_guest.receive());
        QCOMPARE(m_host.flow(5000)[u"state"_s].toString(), u"requested"_s);
        m_machine.advanceClock(3 * second);
        QVERIFY(VsockHostPrograms::hasEnded(*program));
        QCOMPARE(m_host.endOf(5000), u"guest-timeout"_s);
    }

    void hybridSocket_liveOne_isNotStolenAndStaleOneIsReplaced() {
        QtestMachine second;
        QVERIFY(!second.start(m_host.arguments()));
        QVERIFY2(second.errorOutput().contains("in use"), second.errorOutput());
        // Ours still answers.
        auto program = m_host.connectTo(5000);
        QVERIFY(m_guest.receive());

        QtestMachine third;
        VsockHostPrograms other(third);
        {
            QtestMachine dying;
            QVERIFY2(dying.start(other.arguments()), dying.errorOutput());
        } // killed: its socket stays behind
        QVERIFY(QFile::exists(other.path()));
        QVERIFY2(third.start(other.arguments()), third.errorOutput());
        QLocalSocket socket;
        socket.connectToServer(other.path());
        QVERIFY(socket.waitForConnected(60000));
    }
};

QTEST_GUILESS_MAIN(VsockLife)
#include "tst_vsock_life.moc"
