// SPDX-License-Identifier: GPL-2.0-or-later
//
// The NSM as a virtio device, driven through qtest: what a driver may do works, what it must not do breaks
// nothing but the device, and that only until the next reset. What the answers say is the core's business
// (tests/unit/nsm).
#include "tests/device/support/nsm_driver.hpp"

#include <QCryptographicHash>
#include <QElapsedTimer>
#include <QJsonArray>
#include <QtTest>

using namespace nitroscope::test;
using namespace nitroscope::test::nsm_request;

namespace {

constexpr quint64 version1 = quint64(1) << feature::version1;
constexpr quint64 indirect = quint64(1) << feature::indirectDescriptors;
constexpr quint32 working = 0xf; // ACKNOWLEDGE, DRIVER, FEATURES_OK, DRIVER_OK

QByteArray errorAnswer(const QByteArray &name) {
    return '\xa1' + text("Error") + text(name);
}

// Start of a good DescribePCR answer.
const QByteArray describedPcr = '\xa1' + text("DescribePCR") + '\xa2';

} // namespace

class NsmDevice : public QObject {
    Q_OBJECT

private slots:
    void initTestCase() {
        if (QtestMachine::qemu().isEmpty())
            QSKIP("build/bin/qemu-system-x86_64 has not been built (./workbench build)");
        qputenv("XDG_DATA_HOME", m_data.path().toUtf8()); // the user's root must not be this test's
        QVERIFY2(m_machine.start(), m_machine.errorOutput());
    }
    // Every test starts with a working device, whatever the one before did to it.
    void init() { QCOMPARE(m_nsm.start(version1 | indirect), working); }
    void cleanup() {
        if (QTest::currentTestFailed())
            qInfo().noquote() << m_machine.errorOutput();
    }

    void transport_isModernAndNamesTheNsm() {
        QCOMPARE(m_nsm.get(MmioRegister::magic), 0x74726976u);
        QCOMPARE(m_nsm.get(MmioRegister::version), 2u);
        QCOMPARE(m_nsm.get(MmioRegister::deviceId), 33u);
        QVERIFY(m_nsm.deviceFeatures() & version1);
        QVERIFY(m_nsm.deviceFeatures() & indirect);
        // virtio-mmio of QEMU has no register for it.
        QVERIFY(!(m_nsm.deviceFeatures() & quint64(1) << feature::ringReset));
        QVERIFY(m_nsm.get(MmioRegister::queueSizeMax) >= 2);
    }

    void legacyDriver_getsNoService() {
        // The registers of the legacy interface do nothing …
        m_nsm.start(0);
        m_nsm.set(MmioRegister::queuePfn, NsmDriver::ring / 4096);
        QCOMPARE(m_nsm.get(MmioRegister::queuePfn), 0u);
        // … and without VIRTIO_F_VERSION_1 there is no answer.
        QCOMPARE(m_nsm.ask(describePcr(0)), QByteArray());
        // A modern driver gets its answers afterwards.
        QCOMPARE(m_nsm.start(), working);
        QVERIFY(m_nsm.ask(describePcr(0)).startsWith(describedPcr));
    }

    void request_ofEachKind_isAnswered_data() {
        QTest::addColumn<QByteArray>("request");
        QTest::addColumn<QByteArray>("start");
        QTest::addColumn<int>("size");
        const QByteArray extended =
            QCryptographicHash::hash(QByteArray(48, '\0') + "data", QCryptographicHash::Sha384);
        QTest::newRow("GetRandom") << text("GetRandom")
                                   << '\xa1' + text("GetRandom") + '\xa1' + text("random") +
                                          QByteArray("\x59\x01\x00", 3)
                                   << 278;
        QTest::newRow("DescribeNSM") << text("DescribeNSM") << '\xa1' + text("DescribeNSM") + '\xa7' << -1;
        QTest::newRow("DescribePCR") << describePcr(31) << describedPcr << 75;
        QTest::newRow("ExtendPCR") << extendPcr(20, "data")
                                   << '\xa1' + text("ExtendPCR") + '\xa1' + text("data") + "\x58\x30" +
                                          extended
                                   << 67;
        QTest::newRow("LockPCR") << lockPcr(21) << text("LockPCR") << 8;
        QTest::newRow("LockPCRs") << lockPcrs(4) << text("LockPCRs") << 9;
        QTest::newRow("Attestation") << attestation(QByteArray(1024, 'u'), QByteArray(1024, 'n'),
                                                    QByteArray(1024, 'k'))
                                     << '\xa1' + text("Attestation") + '\xa1' + text("document") << -1;
        QTest::newRow("locked") << extendPcr(0, "data") << errorAnswer("ReadOnlyIndex") << -1;
        QTest::newRow("no such PCR") << describePcr(300) << errorAnswer("InvalidIndex") << -1;
        QTest::newRow("no such request") << text("GetTime") << errorAnswer("InvalidOperation") << -1;
        QTest::newRow("field missing") << variant("DescribePCR", {}) << errorAnswer("InvalidArgument") << -1;
        QTest::newRow("cut") << describePcr(1).chopped(1) << errorAnswer("InvalidArgument") << -1;
    }
    void request_ofEachKind_isAnswered() {
        QFETCH(QByteArray, request);
        QFETCH(QByteArray, start);
        QFETCH(int, size);
        m_nsm.ask(lockPcr(0)); // for the row that needs it; the others do not mind
        const QByteArray answer = m_nsm.ask(request);
        QVERIFY2(answer.startsWith(start), answer.left(80).toHex());
        if (size >= 0)
            QCOMPARE(answer.size(), size);
        QCOMPARE(m_nsm.get(MmioRegister::interruptStatus) & 1, 1u);
        QCOMPARE(m_nsm.get(MmioRegister::status), working);
    }

    void chains_ofManyBuffers_areOneRequestAndOneResponse() {
        const QByteArray request = describePcr(31);
        const QByteArray expected = m_nsm.ask(request);
        // The request in three pieces, the response in four, the descriptors not in order.
        m_machine.writeMemory(NsmDriver::requestBuffer, request);
        m_nsm.describe(9, {NsmDriver::requestBuffer, 1, Descriptor::next, 4});
        m_nsm.describe(4, {NsmDriver::requestBuffer + 1, 6, Descriptor::next, 7});
        m_nsm.describe(7, {NsmDriver::requestBuffer + 7, quint32(request.size()) - 7, 0, 0});
        m_nsm.describe(2, {NsmDriver::responseBuffer, 10, 3, 11});
        m_nsm.describe(11, {NsmDriver::responseBuffer + 10, 1, 3, 3});
        m_nsm.describe(3, {NsmDriver::responseBuffer + 11, 50, 3, 12});
        m_nsm.describe(12, {NsmDriver::responseBuffer + 61, 4096, 2, 0});
        const quint16 before = m_nsm.usedIndex();
        m_nsm.offer({9, 2});
        m_nsm.notify();
        QCOMPARE(m_nsm.usedIndex(), quint16(before + 2));
        QCOMPARE(m_nsm.used(before).head, 9u);
        const UsedElement answer = m_nsm.used(quint16(before + 1));
        QCOMPARE(answer.head, 2u);
        QCOMPARE(m_machine.readMemory(NsmDriver::responseBuffer, answer.length), expected);
    }

    void chains_inIndirectTables_areFollowed() {
        constexpr quint64 tables = 0x400000;
        const QByteArray request = describePcr(31);
        const QByteArray expected = m_nsm.ask(request);
        m_machine.writeMemory(NsmDriver::requestBuffer, request);
        m_machine.writeMemory(
            tables, Descriptor{NsmDriver::requestBuffer, 3, Descriptor::next, 1}.bytes() +
                        Descriptor{NsmDriver::requestBuffer + 3, quint32(request.size()) - 3, 0, 0}.bytes());
        m_machine.writeMemory(tables + 4096,
                              Descriptor{NsmDriver::responseBuffer, 20, 3, 1}.bytes() +
                                  Descriptor{NsmDriver::responseBuffer + 20, 4096, 2, 0}.bytes());
        m_nsm.describe(5, {tables, 32, Descriptor::indirect, 0});
        m_nsm.describe(6, {tables + 4096, 32, Descriptor::indirect, 0});
        const quint16 before = m_nsm.usedIndex();
        m_nsm.offer({5, 6});
        m_nsm.notify();
        QCOMPARE(m_nsm.usedIndex(), quint16(before + 2));
        const UsedElement answer = m_nsm.used(quint16(before + 1));
        QCOMPARE(m_machine.readMemory(NsmDriver::responseBuffer, answer.length), expected);
    }

    void severalRequests_inOneNotification_areAllAnswered() {
        m_machine.writeMemory(NsmDriver::requestBuffer, text("GetRandom"));
        for (quint16 pair = 0; pair < 3; ++pair) {
            m_nsm.describe(2 * pair, {NsmDriver::requestBuffer, 10, 0, 0});
            m_nsm.describe(2 * pair + 1, {NsmDriver::responseBuffer + pair * 4096u, 4096, 2, 0});
        }
        m_nsm.offer({0, 1, 2, 3, 4, 5});
        m_nsm.notify();
        QCOMPARE(m_nsm.usedIndex(), quint16(6));
        for (quint16 i = 0; i < 6; ++i)
            QCOMPARE(m_nsm.used(i).head, quint32(i));
    }

    void responseBuffer_ofALaterNotification_isWaitedFor() {
        m_machine.writeMemory(NsmDriver::requestBuffer, describePcr(31));
        m_nsm.describe(0, {NsmDriver::requestBuffer, quint32(describePcr(31).size()), 0, 0});
        m_nsm.describe(1, {NsmDriver::responseBuffer, 4096, 2, 0});
        m_nsm.offer({0});
        m_nsm.notify();
        QCOMPARE(m_nsm.usedIndex(), quint16(0)); // and nothing interrupted
        QCOMPARE(m_nsm.get(MmioRegister::interruptStatus), 0u);
        m_nsm.offer({1});
        m_nsm.notify();
        QCOMPARE(m_nsm.usedIndex(), quint16(2));
    }

    void responseBuffer_ofAnySize_isAnswered_data() {
        QTest::addColumn<quint32>("capacity");
        QTest::addColumn<QByteArray>("expected");
        QTest::newRow("one byte") << 1u << errorAnswer("BufferTooSmall").left(1);
        QTest::newRow("too small for the error") << 10u << errorAnswer("BufferTooSmall").left(10);
        QTest::newRow("too small") << 60u << errorAnswer("BufferTooSmall");
        QTest::newRow("just enough") << 75u << describedPcr;
        QTest::newRow("more than Linux's") << 0x8000u << describedPcr;
    }
    void responseBuffer_ofAnySize_isAnswered() {
        QFETCH(quint32, capacity);
        QFETCH(QByteArray, expected);
        const QByteArray answer = m_nsm.ask(describePcr(31), capacity);
        QVERIFY2(answer.startsWith(expected), answer.toHex());
        QVERIFY(quint32(answer.size()) <= capacity);
        // Not a byte beyond the buffer.
        if (capacity < 64)
            QCOMPARE(m_machine.readMemory(NsmDriver::responseBuffer + capacity, 1), QByteArray("\xee"));
        QCOMPARE(m_nsm.get(MmioRegister::status), working);
    }

    void request_ofAnySize_isAnswered_data() {
        QTest::addColumn<int>("size");
        QTest::addColumn<QByteArray>("error");
        QTest::newRow("largest") << 0x1000 << QByteArray("InvalidArgument"); // bytes after the request
        QTest::newRow("too long") << 0x1001 << QByteArray("InputTooLarge");
        QTest::newRow("far too long") << 0x100000 << QByteArray("InputTooLarge");
    }
    void request_ofAnySize_isAnswered() {
        QFETCH(int, size);
        QFETCH(QByteArray, error);
        m_machine.writeMemory(NsmDriver::requestBuffer, text("GetRandom"));
        m_nsm.describe(0, {NsmDriver::requestBuffer, quint32(size), 0, 0});
        // Beyond the request's megabyte.
        m_nsm.describe(1, {0x800000, 4096, 2, 0});
        m_nsm.offer({0, 1});
        m_nsm.notify();
        QCOMPARE(m_nsm.usedIndex(), quint16(2));
        QCOMPARE(m_machine.readMemory(0x800000, m_nsm.used(1).length), errorAnswer(error));
    }

    void driverMistake_breaksTheDeviceUntilReset_data() {
        QTest::addColumn<QList<Descriptor>>("descriptors");
        QTest::addColumn<QList<quint16>>("heads");
        using D = Descriptor;
        using Ds = QList<D>;
        using Heads = QList<quint16>;
        const D request{NsmDriver::requestBuffer, 10, 0, 0},
            response{NsmDriver::responseBuffer, 4096, D::write, 0};
        QTest::newRow("response first") << Ds{request, response} << Heads{1, 0};
        QTest::newRow("two requests") << Ds{request, request} << Heads{0, 1};
        QTest::newRow("both in one chain")
            << Ds{{NsmDriver::requestBuffer, 10, D::next, 1}, response} << Heads{0};
        QTest::newRow("writable before readable")
            << Ds{{NsmDriver::responseBuffer, 16, D::next | D::write, 1}, request} << Heads{0};
        QTest::newRow("empty request") << Ds{{NsmDriver::requestBuffer, 0, 0, 0}, response} << Heads{0, 1};
        QTest::newRow("empty response")
            << Ds{request, {NsmDriver::responseBuffer, 0, D::write, 0}} << Heads{0, 1};
        QTest::newRow("loop") << Ds{{NsmDriver::requestBuffer, 10, D::next, 0}, response} << Heads{0, 1};
        QTest::newRow("long loop") << Ds{{NsmDriver::requestBuffer, 10, D::next, 2},
                                         response,
                                         {NsmDriver::requestBuffer, 10, D::next, 0}}
                                   << Heads{0, 1};
        QTest::newRow("loop in the response")
            << Ds{request, {NsmDriver::responseBuffer, 8, D::next | D::write, 1}} << Heads{0, 1};
        QTest::newRow("next beyond the table")
            << Ds{{NsmDriver::requestBuffer, 10, D::next, 999}, response} << Heads{0, 1};
        QTest::newRow("head beyond the table") << Ds{request, response} << Heads{16, 1};
        QTest::newRow("request nowhere") << Ds{{0xf'0000'0000, 10, 0, 0}, response} << Heads{0, 1};
        QTest::newRow("response nowhere") << Ds{request, {0xf'0000'0000, 4096, D::write, 0}} << Heads{0, 1};
        QTest::newRow("response beyond the last byte")
            << Ds{request, {0xffff'ffff'ffff'f000, 0x2000, D::write, 0}} << Heads{0, 1};
        QTest::newRow("indirect table nowhere")
            << Ds{{0xf'0000'0000, 32, D::indirect, 0}, response} << Heads{0, 1};
        QTest::newRow("indirect table of no whole size")
            << Ds{{NsmDriver::requestBuffer, 17, D::indirect, 0}, response} << Heads{0, 1};
        QTest::newRow("indirect table of no size")
            << Ds{{NsmDriver::requestBuffer, 0, D::indirect, 0}, response} << Heads{0, 1};
    }
    void driverMistake_breaksTheDeviceUntilReset() {
        QFETCH(QList<Descriptor>, descriptors);
        QFETCH(QList<quint16>, heads);
        m_machine.writeMemory(NsmDriver::requestBuffer, text("GetRandom"));
        for (qsizetype i = 0; i < descriptors.size(); ++i)
            m_nsm.describe(quint16(i), descriptors[i]);
        m_nsm.offer(heads);
        m_nsm.notify();
        QCOMPARE(m_nsm.get(MmioRegister::status), working | status::needsReset);
        QCOMPARE(m_nsm.usedIndex(), quint16(0));
        // It says so, does nothing more, and is well again after a reset.
        QCOMPARE(m_nsm.start(), working);
        QVERIFY(m_nsm.ask(describePcr(31)).startsWith(describedPcr));
    }

    void indirectTableWithinItself_doesNoHarm() {
        m_machine.writeMemory(0x400000, Descriptor{0x400000, 16, Descriptor::indirect, 0}.bytes());
        m_nsm.describe(0, {0x400000, 16, Descriptor::indirect, 0});
        m_nsm.describe(1, {NsmDriver::responseBuffer, 4096, Descriptor::write, 0});
        m_nsm.offer({0, 1});
        m_nsm.notify();
        QCOMPARE(m_nsm.start(), working);
        QVERIFY(m_nsm.ask(describePcr(31)).startsWith(describedPcr));
    }

    void buffersInDeviceMemory_doNoHarm() {
        // Its own registers as the request, the firmware's flash as the response: whatever comes of it, QEMU
        // lives.
        m_nsm.describe(0, {NsmDriver::transport, 64, 0, 0});
        m_nsm.describe(1, {0xfec00000, 4096, 2, 0});
        m_nsm.offer({0, 1});
        m_nsm.notify();
        QCOMPARE(m_nsm.start(), working);
        QVERIFY(m_nsm.ask(describePcr(31)).startsWith(describedPcr));
    }

    void availableIndex_farAhead_breaksTheDevice() {
        m_machine.writeMemory(NsmDriver::ring + 4096 + 2, QByteArray("\xff\x7f", 2));
        m_nsm.notify();
        QCOMPARE(m_nsm.get(MmioRegister::status), working | status::needsReset);
        QCOMPARE(m_nsm.start(), working);
    }

    void notification_ofAQueueThatIsNot_isIgnored() {
        for (const quint32 queue : {1u, 7u, 1023u, 1024u, 0xffffffffu})
            m_nsm.set(MmioRegister::queueNotify, queue);
        QVERIFY(m_nsm.ask(describePcr(31)).startsWith(describedPcr));
    }

    void ringsNowhere_doNoHarm() {
        m_nsm.set64(MmioRegister::queueDescriptors, 0xf'0000'0000);
        m_nsm.set64(MmioRegister::queueUsed, 0xf'0000'0000);
        m_nsm.set(MmioRegister::queueReady, 1);
        m_nsm.notify();
        QCOMPARE(m_nsm.start(), working);
        QVERIFY(m_nsm.ask(describePcr(31)).startsWith(describedPcr));
    }

    void deviceReset_keepsThePcrs() {
        m_nsm.ask(extendPcr(23, "kept"));
        const QByteArray before = m_nsm.ask(describePcr(23));
        QCOMPARE(m_nsm.start(), working);
        QCOMPARE(m_nsm.ask(describePcr(23)), before);
    }

    void manyRequests_wrapTheRing() {
        for (int i = 0; i < 40; ++i)
            QVERIFY(m_nsm.ask(describePcr(i % 32)).startsWith(describedPcr));
    }

    // A driver that breaks its queue and resets the device in a loop fills neither a pipe nor anybody's memory.
    void queue_brokenInALoop_isToldAtABoundedRate() {
        constexpr int times = 600, burst = 200, perSecond = 10;
        const QByteArray before = m_machine.errorOutput();
        QElapsedTimer clock;
        clock.start();
        for (int i = 0; i < times; ++i) {
            m_nsm.start();
            m_nsm.describe(0,
                           {NsmDriver::requestBuffer, 64, Descriptor::write, 0}); // where a request should be
            m_nsm.offer({0});
            m_nsm.notify();
        }
        QTRY_VERIFY_WITH_TIMEOUT(
            m_machine.errorOutput().mid(before.size()).contains("more messages are not shown"), 20'000);
        const qint64 lines = m_machine.errorOutput().mid(before.size()).count('\n');
        QVERIFY2(lines <= burst + perSecond * (clock.elapsed() / 1000 + 2),
                 qPrintable(QString::number(lines)));
    }

private:
    QTemporaryDir m_data;
    QtestMachine m_machine;
    NsmDriver m_nsm{m_machine};
};

QTEST_GUILESS_MAIN(NsmDevice)
#include "tst_nsm_device.moc"
