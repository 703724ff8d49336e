// SPDX-License-Identifier: GPL-2.0-or-later
//
// vsock as a virtio device, driven through qtest: buffers as every Linux from 4.14 to 6.18 cuts them, packets
// that no Linux sends, queues that run dry. What operations mean in which state is the core's business
// (tests/unit/vsock-core).
#include "tests/device/support/vsock_host.hpp"

#include <QtTest>

using namespace nitroscope::test;
using namespace Qt::StringLiterals;

namespace {

constexpr quint32 working = 0xf; // ACKNOWLEDGE, DRIVER, FEATURES_OK, DRIVER_OK
constexpr quint32 header = VsockPacket::headerBytes;

Layout repeated(quint32 length, int count) {
    return Layout(count, length);
}

} // namespace

class VsockDevice : public QObject {
    Q_OBJECT

private:
    QtestMachine m_machine;
    VsockDriver m_guest{m_machine};
    VsockHostPrograms m_host{m_machine};

    quint64 guestErrors() { return m_host.query()[u"guest-errors"_s].toInteger(); }
    // A chain that QEMU's virtio code refuses breaks the device until the driver resets it.
    void verifyWorksAfterReset() {
        QVERIFY(m_machine.errorOutput().size() > 0);
        QCOMPARE(m_guest.start(), working);
        m_guest.offerReceiveBuffers(8);
        QVERIFY(m_guest.dial(7000, 4000));
    }

private slots:
    void initTestCase() {
        if (QtestMachine::qemu().isEmpty())
            QSKIP("build/bin/qemu-system-x86_64 has not been built (./workbench build)");
        QVERIFY2(m_machine.start(m_host.arguments({u"7000=echo;7001=refuse"_s})), m_machine.errorOutput());
    }
    void init() { QCOMPARE(m_guest.start(), working); }
    void cleanup() {
        if (QTest::currentTestFailed())
            qInfo().noquote() << m_machine.errorOutput();
    }

    void transport_isModernAndNamesVsock() {
        QCOMPARE(m_guest.rx().get(MmioRegister::magic), 0x74726976u);
        QCOMPARE(m_guest.rx().get(MmioRegister::version), 2u);
        QCOMPARE(m_guest.rx().get(MmioRegister::deviceId), 19u);
        QVERIFY(m_guest.rx().deviceFeatures() & quint64(1) << 1); // SEQPACKET
        QCOMPARE(m_machine.read32(VsockDriver::transport + 0x100), 16u);
        QCOMPARE(m_machine.read32(VsockDriver::transport + 0x104), 0u);
    }

    void receive_everyLayout_carriesAllBytes_data() {
        QTest::addColumn<Layout>("layout");
        QTest::addColumn<bool>("indirect");
        for (const bool indirect : {false, true}) {
            const QByteArray suffix = indirect ? ", indirect" : "";
            QTest::newRow(("4.14 to 6.1: 44 + 4096" + suffix).constData())
                << Layout{header, 4096} << indirect;
            QTest::newRow(("6.2: one of 44 + 4096" + suffix).constData())
                << Layout{header + 4096} << indirect;
            QTest::newRow(("6.17: one page" + suffix).constData()) << Layout{3776} << indirect;
            QTest::newRow(("64 KiB" + suffix).constData()) << Layout{header + 65536} << indirect;
            QTest::newRow(("header in pieces" + suffix).constData())
                << Layout{1, 7, 20, 16, 100, 1000} << indirect;
            QTest::newRow(("header and data mixed" + suffix).constData()) << Layout{20, 50, 4000} << indirect;
            QTest::newRow(("many small ones" + suffix).constData()) << repeated(100, 12) << indirect;
        }
    }
    void receive_everyLayout_carriesAllBytes() {
        QFETCH(Layout, layout);
        QFETCH(bool, indirect);
        const auto count = static_cast<int>(qMin<qsizetype>(16, 250 / layout.size()));
        m_guest.offerReceiveBuffers(count, layout, indirect);
        const QByteArray sent = patternBytes(150000);
        auto flow = m_guest.dial(m_host.listenFor(8000));
        QVERIFY(flow);
        m_host.accepted().write(sent);
        m_host.accepted().flush();
        const QByteArray got = m_guest.receiveBytes(*flow, sent.size());
        QCOMPARE(got.size(), sent.size());
        QVERIFY(got == sent);
    }

    void send_everyLayout_arrives_data() {
        QTest::addColumn<int>("size");
        QTest::addColumn<Layout>("layout");
        QTest::addColumn<bool>("indirect");
        for (const bool indirect : {false, true}) {
            const QByteArray suffix = indirect ? ", indirect" : "";
            QTest::newRow(("one descriptor" + suffix).constData()) << 4000 << Layout{} << indirect;
            QTest::newRow(("up to 5.3: header + 4 KiB" + suffix).constData())
                << 4096 << Layout{header} << indirect;
            QTest::newRow(("5.4: header + 64 KiB" + suffix).constData())
                << 65536 << Layout{header} << indirect;
            QTest::newRow(("6.17: nonlinear over 32 KiB" + suffix).constData())
                << 65536 << Layout{header + 20000, 32768} << indirect;
            QTest::newRow(("header cut in two" + suffix).constData()) << 500 << Layout{10} << indirect;
            QTest::newRow(("header cut everywhere" + suffix).constData())
                << 500 << repeated(4, 11) << indirect;
            for (int parts = 2; parts <= 18; ++parts)
                QTest::newRow(
                    ("zero copy, " + QByteArray::number(parts) + " descriptors" + suffix).constData())
                    << 65000 << Layout{header} + repeated(65000 / quint32(parts - 1), parts - 2) << indirect;
            QTest::newRow(("longer than the packet" + suffix).constData())
                << 10 << Layout{header, 10, 100} << indirect;
        }
    }
    void send_everyLayout_arrives() {
        QFETCH(int, size);
        QFETCH(Layout, layout);
        QFETCH(bool, indirect);
        m_guest.offerReceiveBuffers(8);
        auto flow = m_guest.dial(m_host.listenFor(8000));
        QVERIFY(flow);
        const QByteArray payload = patternBytes(size);
        m_guest.send(VsockDriver::with(*flow, VSOCK_OP_RW, payload), layout, indirect);
        QCOMPARE(m_guest.sentAndUsed(), quint16(2));
        QVERIFY(m_host.read(size) == payload);
    }

    void receiveBuffers_none_costNoCpuTime() {
        m_guest.offerReceiveBuffers(2);
        auto flow = m_guest.dial(m_host.listenFor(8000));
        QVERIFY(flow);
        m_host.accepted().write(patternBytes(400000));
        m_host.accepted().flush();
        // Two buffers are filled and not given back.
        QTRY_COMPARE_WITH_TIMEOUT(m_guest.rx().usedIndex(), quint16(3), 60000);
        const double busy = m_host.cpuShareOver(600);
        QVERIFY2(busy < 0.2, QByteArray::number(busy));
        // New buffers are used at once.
        m_guest.offerReceiveBuffers(2);
        QTRY_COMPARE_WITH_TIMEOUT(m_guest.rx().usedIndex(), quint16(5), 60000);
    }

    void credit_none_costsNoCpuTime() {
        m_guest.offerReceiveBuffers(64);
        VsockPacket request;
        request.destinationPort = m_host.listenFor(8000);
        request.bufAlloc = 8192;
        m_guest.send(request);
        QVERIFY(m_guest.receive());
        m_host.accepted().write(patternBytes(400000));
        m_host.accepted().flush();
        QByteArray got;
        while (const auto packet = m_guest.receive(got.size() < 6000 ? 60000 : 300))
            got += packet->payload;
        QVERIFY2(got.size() > 6000 && got.size() <= 8192, QByteArray::number(got.size()));
        const double busy = m_host.cpuShareOver(600);
        QVERIFY2(busy < 0.2, QByteArray::number(busy));
        const QJsonObject row = m_host.flow(8000);
        QCOMPARE(row[u"stalled"_s].toBool(), true);
        QCOMPARE(row[u"stalls"_s].toInt(), 1);
        // The stall has a length on the virtual clock.
        m_machine.advanceClock(5'000'000);
        VsockPacket credit = VsockDriver::with(request, VSOCK_OP_CREDIT_UPDATE);
        credit.fwdCnt = static_cast<quint32>(got.size());
        m_guest.send(credit);
        QVERIFY(m_guest.receive());
        QCOMPARE(m_host.flow(8000)[u"stalled-ns"_s].toInteger(), 5'000'000);
    }

    void packet_wrong_isAnsweredOrCounted_data() {
        QTest::addColumn<VsockPacket>("packet");
        QTest::addColumn<bool>("reset"); // or nothing is answered
        QTest::addColumn<int>("errors"); // of the guest
        const auto make = [](auto &&change) {
            VsockPacket packet;
            packet.destinationPort = 7000;
            change(packet);
            return packet;
        };
        QTest::newRow("source CID of somebody else")
            << make([](VsockPacket &p) { p.sourceCid = 17; }) << false << 1;
        QTest::newRow("source CID with high bits")
            << make([](VsockPacket &p) { p.sourceCid = (quint64(1) << 32) + 16; }) << false << 1;
        QTest::newRow("destination CID unknown")
            << make([](VsockPacket &p) { p.destinationCid = 5; }) << true << 0;
        QTest::newRow("destination CID with high bits")
            << make([](VsockPacket &p) { p.destinationCid = (quint64(1) << 32) + 3; }) << true << 0;
        QTest::newRow("destination is the hypervisor")
            << make([](VsockPacket &p) { p.destinationCid = 0; }) << true << 0;
        QTest::newRow("type 0") << make([](VsockPacket &p) { p.type = 0; }) << true << 1;
        QTest::newRow("datagram") << make([](VsockPacket &p) { p.type = 3; }) << true << 1;
        QTest::newRow("operation 0") << make([](VsockPacket &p) { p.op = 0; }) << true << 0;
        QTest::newRow("operation 99") << make([](VsockPacket &p) { p.op = 99; }) << true << 0;
        QTest::newRow("data without connection")
            << make([](VsockPacket &p) { p = VsockDriver::with(p, VSOCK_OP_RW, "x"); }) << true << 0;
        QTest::newRow("RST without connection")
            << make([](VsockPacket &p) { p.op = VSOCK_OP_RST; }) << false << 0;
        QTest::newRow("length beyond the chain")
            << make([](VsockPacket &p) { p.op = VSOCK_OP_RW, p.length = 100; }) << true << 1;
        QTest::newRow("length of 4 GiB")
            << make([](VsockPacket &p) { p.op = VSOCK_OP_RW, p.length = 0xffffffff; }) << true << 1;
        QTest::newRow("refused by route")
            << make([](VsockPacket &p) { p.destinationPort = 7001; }) << true << 0;
        QTest::newRow("nobody listens")
            << make([](VsockPacket &p) { p.destinationPort = 7002; }) << true << 0;
    }
    void packet_wrong_isAnsweredOrCounted() {
        QFETCH(VsockPacket, packet);
        QFETCH(bool, reset);
        QFETCH(int, errors);
        m_guest.offerReceiveBuffers(8);
        const quint64 before = guestErrors();
        m_guest.send(packet);
        QCOMPARE(m_guest.sentAndUsed(), quint16(1)); // the chain always comes back
        if (reset) {
            const auto answer = m_guest.receive();
            QVERIFY(answer);
            QCOMPARE(answer->op, VSOCK_OP_RST);
            QCOMPARE(answer->type, packet.type);
            QCOMPARE(answer->sourceCid, packet.destinationCid);
            QCOMPARE(answer->destinationCid, 16u);
            QCOMPARE(answer->sourcePort, packet.destinationPort);
            QCOMPARE(answer->destinationPort, packet.sourcePort);
        }
        QCOMPARE(guestErrors() - before, quint64(errors));
        // The device is as good as before, and answered nothing else.
        packet = {};
        packet.destinationPort = 7000;
        packet.sourcePort = 4001;
        m_guest.send(packet);
        const auto response = m_guest.receive();
        QVERIFY(response);
        QCOMPARE(response->op, VSOCK_OP_RESPONSE);
        QCOMPARE(response->destinationPort, 4001u);
    }

    void cid2_isAnsweredWithAWarning() {
        m_guest.offerReceiveBuffers(4);
        QVERIFY(m_guest.dial(7000, 1024, 1, 2));
        QTRY_VERIFY_WITH_TIMEOUT(m_machine.errorOutput().contains("the enclave dials CID 2"), 60000);
    }

    void chain_shorterThanAHeader_isCountedAndComesBack_data() {
        QTest::addColumn<int>("size");
        for (const int size : {1, 43})
            QTest::newRow(QByteArray::number(size).constData()) << size;
    }
    void chain_shorterThanAHeader_isCountedAndComesBack() {
        QFETCH(int, size);
        const quint64 before = guestErrors();
        m_guest.tx().describe(0, {0x4000000, quint32(size), 0, 0});
        m_guest.tx().offer({0});
        m_guest.tx().notify();
        QCOMPARE(m_guest.sentAndUsed(), quint16(1));
        QCOMPARE(guestErrors() - before, quint64(1));
        m_guest.offerReceiveBuffers(4);
        QVERIFY(m_guest.dial(7000));
    }

    void receiveBuffer_tooSmall_comesBackEmpty_data() {
        QTest::addColumn<int>("size");
        for (const int size : {1, 43})
            QTest::newRow(QByteArray::number(size).constData()) << size;
    }
    void receiveBuffer_tooSmall_comesBackEmpty() {
        QFETCH(int, size);
        const quint64 before = guestErrors();
        m_guest.offerReceiveBuffers(1, {quint32(size)});
        m_guest.offerReceiveBuffers(2);
        VsockPacket request;
        request.destinationPort = 7000;
        m_guest.send(request);
        QTRY_VERIFY_WITH_TIMEOUT(m_guest.rx().usedIndex() >= 2, 60000);
        QCOMPARE(m_guest.rx().used(0).length, 0u);
        QCOMPARE(m_guest.rx().used(1).length, header);
        QCOMPARE(guestErrors() - before, quint64(1));
    }

    void chain_looped_breaksTheDeviceUntilReset() {
        m_guest.tx().describe(0, {0x4000000, 44, Descriptor::next, 1});
        m_guest.tx().describe(1, {0x4000000, 44, Descriptor::next, 0});
        m_guest.tx().offer({0});
        m_guest.tx().notify();
        QVERIFY(m_guest.rx().get(MmioRegister::status) & status::needsReset);
        verifyWorksAfterReset();
    }

    void chain_nextOutOfTable_breaksTheDeviceUntilReset() {
        m_guest.tx().describe(0, {0x4000000, 44, Descriptor::next, 9999});
        m_guest.tx().offer({0});
        m_guest.tx().notify();
        QVERIFY(m_guest.rx().get(MmioRegister::status) & status::needsReset);
        verifyWorksAfterReset();
    }

    void chain_headOutOfTable_breaksTheDeviceUntilReset() {
        m_guest.tx().offer({9999});
        m_guest.tx().notify();
        QVERIFY(m_guest.rx().get(MmioRegister::status) & status::needsReset);
        verifyWorksAfterReset();
    }

    void chain_indirectOfWrongSize_breaksTheDeviceUntilReset() {
        m_guest.tx().describe(0, {0x6000000, 17, Descriptor::indirect, 0});
        m_guest.tx().offer({0});
        m_guest.tx().notify();
        QVERIFY(m_guest.rx().get(MmioRegister::status) & status::needsReset);
        verifyWorksAfterReset();
    }

    void chain_unmapped_breaksNothingElse_data() {
        QTest::addColumn<bool>("toGuest");
        QTest::newRow("sent packet") << false;
        QTest::newRow("receive buffer") << true;
    }
    void chain_unmapped_breaksNothingElse() {
        QFETCH(bool, toGuest);
        VirtioDriver &queue = toGuest ? m_guest.rx() : m_guest.tx();
        queue.describe(0, {0xffffffff00000000, 4096, quint16(toGuest ? Descriptor::write : 0), 0});
        queue.offer({0});
        queue.notify();
        if (toGuest) {
            VsockPacket request;
            request.destinationPort = 7000;
            m_guest.send(request);
            // The device wants a buffer in the main loop, which is done before QMP answers twice.
            guestErrors();
            guestErrors();
        }
        verifyWorksAfterReset();
    }

    void resetsWithoutBuffers_stopSendingAndNothingIsLost() {
        // More refused packets than resets are kept for: the queue stands still until there are buffers.
        constexpr int kept = 4096, wanted = kept + 100, batch = 128;
        constexpr quint64 memory = 0x4000000;
        QList<quint16> heads;
        for (quint16 i = 0; i < batch; ++i) {
            m_guest.tx().describe(i, {memory + header * quint64(i), header, 0, 0});
            heads += i;
        }
        for (int offered = 0; offered < wanted;) {
            const int more = qMin(batch, wanted - offered);
            QByteArray packets;
            for (int i = 0; i < more; ++i) {
                VsockPacket stray;
                stray.op = VSOCK_OP_CREDIT_UPDATE;
                stray.sourcePort = 10000 + quint32(offered + i); // one RST is enough for each pair of ports
                packets += stray.bytes();
            }
            m_machine.writeMemory(memory, packets);
            m_guest.tx().offer(heads.first(more));
            m_guest.tx().notify();
            offered += more;
            QTRY_COMPARE_WITH_TIMEOUT(m_guest.sentAndUsed(), quint16(qMin(offered, kept)), 60000);
        }
        m_guest.offerReceiveBuffers(batch);
        for (int seen = 0; seen < wanted; seen += batch) {
            const int more = qMin(batch, wanted - seen);
            QTRY_COMPARE_WITH_TIMEOUT(m_guest.rx().usedIndex(), quint16(seen + more), 60000);
            m_guest.rx().offer(heads);
            m_guest.rx().notify();
        }
        QCOMPARE(m_guest.sentAndUsed(), quint16(wanted));
    }

    void options_wrong_areRefused_data() {
        QTest::addColumn<QString>("option");
        QTest::addColumn<QByteArray>("words");
        QTest::newRow("CID 3") << u"virtio-vsock-device.guest-cid=3"_s << QByteArray("between 4 and");
        QTest::newRow("CID any") << u"virtio-vsock-device.guest-cid=4294967295"_s
                                 << QByteArray("between 4 and");
        QTest::newRow("parent is the enclave")
            << u"virtio-vsock-device.parent-cid=16"_s << QByteArray("cannot be the parent's");
        QTest::newRow("heartbeat") << u"virtio-vsock-device.heartbeat=maybe"_s
                                   << QByteArray("not on, off, delay or wrong");
        QTest::newRow("route") << u"virtio-vsock-device.routes=80=nowhere"_s
                               << QByteArray("port 80: an address is");
    }
    void options_wrong_areRefused() {
        QFETCH(QString, option);
        QFETCH(QByteArray, words);
        QtestMachine machine;
        QVERIFY(!machine.start({u"-global"_s, option}));
        QCOMPARE(machine.exitCode(), 1);
        QVERIFY2(machine.errorOutput().contains(words), machine.errorOutput());
    }

    void cid_ofTheUsersChoice_isWhatTheGuestSees() {
        QtestMachine machine;
        QVERIFY2(machine.start({u"-M"_s, u"nitro-enclave,enclave-cid=4711"_s}), machine.errorOutput());
        QCOMPARE(machine.read32(VsockDriver::transport + 0x100), 4711u);
    }
};

QTEST_GUILESS_MAIN(VsockDevice)
#include "tst_vsock_device.moc"
