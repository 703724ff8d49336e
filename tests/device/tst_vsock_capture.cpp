// SPDX-License-Identifier: GPL-2.0-or-later
//
// What of vsock is in the capture stream, read by Wireshark's tshark: every packet with all its fields, in
// the right direction, with flow and verdict; and records of flows that open and close. The packets are this
// test's own, so it knows every field.
#include "app/proto/pcapng/capture_reader.hpp"
#include "tests/device/support/vsock_host.hpp"

#include <QJsonArray>
#include <QRegularExpression>
#include <QStandardPaths>
#include <QtTest>

using namespace nitroscope::test;
using namespace nitroscope::pcapng;
using namespace Qt::StringLiterals;

namespace {

constexpr quint32 working = 0xf;
constexpr qint64 millisecond = 1'000'000;
constexpr qint64 roundTripNs = 7 * millisecond, stalledNs = 9 * millisecond;

// The fields of one vsock packet, as tshark prints them.
const QStringList fields{u"frame.packet_flags_direction"_s,
                         u"vsock.src_cid"_s,
                         u"vsock.dst_cid"_s,
                         u"vsock.src_port"_s,
                         u"vsock.dst_port"_s,
                         u"vsock.op"_s,
                         u"vsock.trans"_s,
                         u"vsock.trans_len"_s,
                         u"vsock.reserved"_s,
                         u"vsock.virtio.src_cid"_s,
                         u"vsock.virtio.dst_cid"_s,
                         u"vsock.virtio.src_prot"_s, // sic
                         u"vsock.virtio.dst_prot"_s,
                         u"vsock.virtio.len"_s,
                         u"vsock.virtio.type"_s,
                         u"vsock.virtio.op"_s,
                         u"vsock.virtio.flags"_s,
                         u"vsock.virtio.buf_alloc"_s,
                         u"vsock.virtio.fwd_cnt"_s,
                         u"vsock.payload"_s,
                         u"frame.comment"_s};

} // namespace

class VsockCapture : public QObject {
    Q_OBJECT

private:
    QTemporaryDir m_folder;
    QString m_file = m_folder.filePath(u"run.pcapng"_s);
    QList<Record> m_records;
    QList<QList<QByteArray>> m_packets; // by `fields`
    qint64 m_pid = QCoreApplication::applicationPid();

    QString tshark() { return QStandardPaths::findExecutable(u"tshark"_s); }

    QByteArray value(qsizetype packet, const QString &field) {
        return m_packets.value(packet).value(fields.indexOf(field));
    }
    // Numbers as tshark prints them, whichever base it takes for the field.
    qint64 number(qsizetype packet, const QString &field) {
        return QString::fromLatin1(value(packet, field)).toLongLong(nullptr, 0);
    }
    const QVariantMap machineRecord(const QString &kind, quint64 flow) {
        for (const Record &record : m_records)
            if (const auto *machine = std::get_if<MachineRecord>(&record.content);
                machine && machine->kind == kind && machine->fields.value(u"flow"_s).toULongLong() == flow)
                return machine->fields;
        return {};
    }

    // One run with packets of every operation that the device sends or takes.
    void record() {
        QtestMachine machine;
        VsockDriver guest(machine);
        VsockHostPrograms host(machine);
        QVERIFY2(machine.start(host.arguments({u"7000=echo"_s}) +
                               QStringList{u"-M"_s, u"nitro-enclave,capture=cap"_s, u"-chardev"_s,
                                           u"file,id=cap,path="_s + m_file}),
                 machine.errorOutput());
        QCOMPARE(guest.start(), working);
        guest.offerReceiveBuffers(64);

        // Flow 1: the guest dials; data both ways; credit asked for; half-close by the guest, then the host.
        auto flow = guest.dial(host.listenFor(8000)); // packets 0 and 1
        QVERIFY(flow);
        guest.send(VsockDriver::with(*flow, VSOCK_OP_RW, "from the guest")); // 2
        QCOMPARE(host.read(14), QByteArray("from the guest"));
        host.accepted().write("from the host");
        host.accepted().flush();
        QCOMPARE(guest.receiveBytes(*flow, 13), QByteArray("from the host")); // 3
        VsockPacket credit = VsockDriver::with(*flow, VSOCK_OP_CREDIT_REQUEST);
        credit.fwdCnt = 13;
        guest.send(credit);       // 4
        QVERIFY(guest.receive()); // 5: CREDIT_UPDATE
        machine.advanceClock(3 * millisecond);
        VsockPacket shutdown = VsockDriver::with(*flow, VSOCK_OP_SHUTDOWN, {}, 3);
        guest.send(shutdown);     // 6
        QVERIFY(guest.receive()); // 7: RST
        QCOMPARE(host.endOf(8000), u"guest-closed"_s);

        // Flow 2: the host dials, the guest refuses.
        auto program = host.connectTo(5000);
        const auto request = guest.receive(); // 8: REQUEST
        QVERIFY(request);
        VsockPacket refusal;
        refusal.sourcePort = 5000;
        refusal.destinationPort = request->sourcePort;
        refusal.op = VSOCK_OP_RST;
        machine.advanceClock(2 * millisecond);
        guest.send(refusal); // 9
        QCOMPARE(host.endOf(5000), u"refused-by-guest"_s);

        // Flow 3: seqpacket, with faults: one packet delayed, one lost on purpose.
        machine.command(
            u"vsock-fault-add"_s,
            {{u"action"_s, u"delay"_s},
             {u"milliseconds"_s, 5},
             {u"packet"_s, QJsonObject{{u"text"_s, u"slow"_s}, {u"direction"_s, u"from-guest"_s}}}});
        machine.command(u"vsock-fault-add"_s, {{u"action"_s, u"drop"_s},
                                               {u"violate"_s, true},
                                               {u"packet"_s, QJsonObject{{u"text"_s, u"lost"_s}}}});
        auto messages = guest.dial(7000, 1027, 2); // 10 and 11
        QVERIFY(messages);
        guest.send(VsockDriver::with(*messages, VSOCK_OP_RW, "lost", 1)); // 12
        guest.send(VsockDriver::with(*messages, VSOCK_OP_RW, "slow", 1)); // 13
        machine.advanceClock(6 * millisecond);
        const auto echo = guest.receive(); // 14: the echo, or a CREDIT_UPDATE before it
        QVERIFY(echo);
        // Something that belongs to no flow.
        VsockPacket stray;
        stray.sourceCid = 99;
        guest.send(stray); // 15

        // Flow 4: the host dials, the guest takes its time and then has no room for a while.
        auto patient = host.connectTo(5001);
        const auto late = guest.receive(); // 16: REQUEST
        QVERIFY(late);
        machine.advanceClock(roundTripNs);
        VsockPacket response;
        response.sourcePort = 5001;
        response.destinationPort = late->sourcePort;
        response.op = VSOCK_OP_RESPONSE;
        response.bufAlloc = 0;
        guest.send(response); // 17
        QVERIFY(VsockHostPrograms::readLineFrom(*patient).startsWith("OK "));
        patient->write("wait");
        patient->flush();
        const auto question = guest.receive(); // 18
        QVERIFY(question && question->op == VSOCK_OP_CREDIT_REQUEST);
        machine.advanceClock(stalledNs);
        VsockPacket room = VsockDriver::with(response, VSOCK_OP_CREDIT_UPDATE);
        room.bufAlloc = 262144;
        guest.send(room);                                              // 19
        QCOMPARE(guest.receiveBytes(response, 4), QByteArray("wait")); // 20
        machine.advanceClock(2 * millisecond);                         // of no interest to either
        guest.send(VsockDriver::with(response, VSOCK_OP_RST));         // 21
        QCOMPARE(host.endOf(5001), u"guest-reset"_s);
        machine.command(u"quit"_s);
        QVERIFY(machine.waitForExit());
    }

private slots:
    void initTestCase() {
        if (QtestMachine::qemu().isEmpty())
            QSKIP("build/bin/qemu-system-x86_64 has not been built (./workbench build)");
        if (tshark().isEmpty())
            QSKIP("tshark is not installed: the capture is not checked with Wireshark");
        record();
        if (QTest::currentTestFailed())
            return;
        QFile file(m_file);
        QVERIFY(file.open(QIODevice::ReadOnly));
        CaptureReader reader([&](const Record &one) { m_records.append(one); });
        reader.feed(file.readAll());
        reader.finish();
        QCOMPARE(reader.diagnostics().list().size(), std::size_t{0});

        QStringList arguments{u"-n"_s, u"-r"_s, m_file, u"-Y"_s, u"vsock"_s, u"-T"_s, u"fields"_s};
        for (const QString &field : fields)
            arguments << u"-e"_s << field;
        QProcess process;
        process.start(tshark(), arguments);
        QVERIFY(process.waitForFinished(120000));
        QCOMPARE(process.exitCode(), 0);
        const QList<QByteArray> lines = process.readAllStandardOutput().split('\n');
        for (const QByteArray &line : lines)
            if (!line.isEmpty())
                m_packets += line.split('\t');
        QCOMPARE(m_packets.size(), qsizetype(22));
    }

    void packet_eachField_isWhatWasSent_data() {
        QTest::addColumn<int>("packet");
        QTest::addColumn<bool>("toGuest");
        QTest::addColumn<int>("sourcePort");
        QTest::addColumn<int>("destinationPort");
        QTest::addColumn<int>("monitorOp"); // 1 connect, 2 disconnect, 3 control, 4 payload
        QTest::addColumn<int>("op");
        QTest::addColumn<int>("type");
        QTest::addColumn<int>("flags");
        QTest::addColumn<int>("fwdCnt");
        QTest::addColumn<QByteArray>("payload");
        const QByteArray none;
        QTest::newRow("REQUEST") << 0 << false << 1024 << 8000 << 1 << 1 << 1 << 0 << 0 << none;
        QTest::newRow("RESPONSE") << 1 << true << 8000 << 1024 << 1 << 2 << 1 << 0 << 0 << none;
        QTest::newRow("RW of the guest")
            << 2 << false << 1024 << 8000 << 4 << 5 << 1 << 0 << 0 << QByteArray("from the guest");
        QTest::newRow("RW for the guest")
            << 3 << true << 8000 << 1024 << 4 << 5 << 1 << 0 << 14 << QByteArray("from the host");
        QTest::newRow("CREDIT_REQUEST") << 4 << false << 1024 << 8000 << 3 << 7 << 1 << 0 << 13 << none;
        QTest::newRow("CREDIT_UPDATE") << 5 << true << 8000 << 1024 << 3 << 6 << 1 << 0 << 14 << none;
        QTest::newRow("SHUTDOWN") << 6 << false << 1024 << 8000 << 2 << 4 << 1 << 3 << 0 << none;
        QTest::newRow("RST") << 7 << true << 8000 << 1024 << 2 << 3 << 1 << 0 << -1 << none;
        QTest::newRow("REQUEST of the host") << 8 << true << -1 << 5000 << 1 << 1 << 1 << 0 << 0 << none;
        QTest::newRow("RST of the guest") << 9 << false << 5000 << -1 << 2 << 3 << 1 << 0 << 0 << none;
        QTest::newRow("REQUEST of a seqpacket flow")
            << 10 << false << 1027 << 7000 << 1 << 1 << 2 << 0 << 0 << none;
        QTest::newRow("message") << 13 << false << 1027 << 7000 << 4 << 5 << 2 << 1 << 0
                                 << QByteArray("slow");
    }
    void packet_eachField_isWhatWasSent() {
        QFETCH(int, packet);
        QFETCH(bool, toGuest);
        QFETCH(int, sourcePort);
        QFETCH(int, destinationPort);
        QFETCH(int, monitorOp);
        QFETCH(int, op);
        QFETCH(int, type);
        QFETCH(int, flags);
        QFETCH(int, fwdCnt);
        QFETCH(QByteArray, payload);
        QCOMPARE(number(packet, u"frame.packet_flags_direction"_s), toGuest ? 1 : 2);
        for (const QString &layer : {u"vsock."_s, u"vsock.virtio."_s}) {
            QCOMPARE(number(packet, layer + u"src_cid"_s), toGuest ? 3 : 16);
            QCOMPARE(number(packet, layer + u"dst_cid"_s), toGuest ? 16 : 3);
        }
        if (sourcePort >= 0) {
            QCOMPARE(number(packet, u"vsock.src_port"_s), sourcePort);
            QCOMPARE(number(packet, u"vsock.virtio.src_prot"_s), sourcePort);
        }
        if (destinationPort >= 0) {
            QCOMPARE(number(packet, u"vsock.dst_port"_s), destinationPort);
            QCOMPARE(number(packet, u"vsock.virtio.dst_prot"_s), destinationPort);
        }
        QCOMPARE(number(packet, u"vsock.op"_s), monitorOp);
        QCOMPARE(number(packet, u"vsock.trans"_s), 2);
        QCOMPARE(number(packet, u"vsock.trans_len"_s), 44);
        QCOMPARE(number(packet, u"vsock.virtio.len"_s), payload.size());
        QCOMPARE(number(packet, u"vsock.virtio.type"_s), type);
        QCOMPARE(number(packet, u"vsock.virtio.op"_s), op);
        QCOMPARE(number(packet, u"vsock.virtio.flags"_s), flags);
        if (op != VSOCK_OP_RST)
            QCOMPARE(number(packet, u"vsock.virtio.buf_alloc"_s), 262144);
        if (fwdCnt >= 0)
            QCOMPARE(number(packet, u"vsock.virtio.fwd_cnt"_s), fwdCnt);
        QCOMPARE(value(packet, u"vsock.payload"_s).replace(":", ""), payload.toHex());
    }

    void options_flowAndVerdict_areThere() {
        QList<const Record *> packets;
        for (const Record &record : m_records)
            if (record.source == Source::vsock)
                packets += &record;
        QCOMPARE(packets.size(), qsizetype(22));
        for (const int i : {0, 1, 2, 3, 4, 5, 6, 7})
            QCOMPARE(packets[i]->flow, quint64(1));
        for (const int i : {8, 9})
            QCOMPARE(packets[i]->flow, quint64(2));
        QCOMPARE(packets[0]->verdict, Verdict::passed);
        QCOMPARE(packets[12]->verdict, Verdict::dropped);
        QCOMPARE(packets[12]->rule, 2u);
        QCOMPARE(packets[13]->verdict, Verdict::delayed);
        QCOMPARE(packets[13]->rule, 1u);
        QCOMPARE(packets[15]->verdict, Verdict::malformed);
        QVERIFY2(value(13, u"frame.comment"_s).contains("fault 1: delay 5 ms"),
                 value(13, u"frame.comment"_s));
        QVERIFY2(value(7, u"frame.comment"_s).contains("guest-closed"), value(7, u"frame.comment"_s));
        // Times of the guest's clock.
        QCOMPARE(packets[6]->virtualNs.value_or(-1) - packets[5]->virtualNs.value_or(-1), 3 * millisecond);
    }

    void records_ofFlows_sayWhoAndWhy() {
        const QVariantMap opened = machineRecord(u"vsock-open"_s, 1);
        QCOMPARE(opened.value(u"dialed-by"_s).toString(), u"guest"_s);
        QCOMPARE(opened.value(u"guest-port"_s).toInt(), 1024);
        QCOMPARE(opened.value(u"peer-port"_s).toInt(), 8000);
        QCOMPARE(opened.value(u"peer-cid"_s).toInt(), 3);
        QCOMPARE(opened.value(u"pid"_s).toLongLong(), m_pid);
        QVERIFY(opened.value(u"peer"_s).toString().endsWith(u"vsock_8000"_s));
        const QVariantMap closed = machineRecord(u"vsock-close"_s, 1);
        QCOMPARE(closed.value(u"reason"_s).toString(), u"guest-closed"_s);
        QCOMPARE(closed.value(u"bytes-from-guest"_s).toInt(), 14);
        QCOMPARE(closed.value(u"bytes-to-guest"_s).toInt(), 13);
        // The host's accept() took no time of the guest's clock, and there was always room.
        QCOMPARE(opened.value(u"round-trip-ns"_s), QVariant(quint64(0)));
        QCOMPARE(closed.value(u"stalled-ns"_s), QVariant(quint64(0)));
        // One that never was established is only closed.
        QVERIFY(machineRecord(u"vsock-open"_s, 2).isEmpty());
        const QVariantMap refused = machineRecord(u"vsock-close"_s, 2);
        QCOMPARE(refused.value(u"dialed-by"_s).toString(), u"host"_s);
        QCOMPARE(refused.value(u"reason"_s).toString(), u"refused-by-guest"_s);
        QVERIFY(!refused.contains(u"round-trip-ns"_s));
    }

    void records_ofASlowFlow_haveItsTimes() {
        const QVariantMap opened = machineRecord(u"vsock-open"_s, 4);
        QCOMPARE(opened.value(u"dialed-by"_s).toString(), u"host"_s);
        QCOMPARE(opened.value(u"round-trip-ns"_s).toLongLong(), roundTripNs);
        const QVariantMap closed = machineRecord(u"vsock-close"_s, 4);
        QCOMPARE(closed.value(u"round-trip-ns"_s).toLongLong(), roundTripNs);
        QCOMPARE(closed.value(u"stalled-ns"_s).toLongLong(), stalledNs);
    }
};

QTEST_GUILESS_MAIN(VsockCapture)
#include "tst_vsock_capture.moc"
