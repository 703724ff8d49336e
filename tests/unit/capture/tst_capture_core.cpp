// SPDX-License-Identifier: GPL-2.0-or-later
//
// The capture core: what it writes, byte by byte, and how it behaves when the reader is slow, late or gone.
#include "tests/unit/capture/pcapng_walker.hpp"
#include "tests/unit/capture/sample_stream.hpp"

#include <atomic>
#include <QtTest>
#include <thread>

using namespace nitroscope::test;

namespace {

constexpr int flagsOption = 2, commentOption = 1, ownOption = 2989;
constexpr int receivedOption = 4, droppedOption = 5;

// Machine records are CBOR maps whose texts can be found as they are.
bool isKind(const WalkedPacket &packet, const char *kind) {
    return packet.interface == NITRO_CAPTURE_MACHINE && packet.data.mid(1).startsWith("\x64kind") &&
           packet.data.mid(7).startsWith(kind);
}

} // namespace

class CaptureCoreTest : public QObject {
    Q_OBJECT

private slots:
    void header_describesFiveInterfacesInOrder() {
        FakeClock clock;
        NitroCaptureOptions options{};
        options.application = "nitroscope test";
        options.hardware = "nitro-enclave";
        const WalkedFile file = walk(pullAll(makeCapture(clock, options).get()));
        QVERIFY(file.valid);
        QCOMPARE(file.sectionOptions.value(4), QByteArray("nitroscope test"));
        QCOMPARE(file.sectionOptions.value(2), QByteArray("nitro-enclave"));
        const QVector<QPair<int, QByteArray>> expected{
            {271, "vsock"}, {147, "nsm"}, {148, "console"}, {149, "machine"}, {150, "guest"}};
        QCOMPARE(file.interfaces.size(), expected.size());
        for (qsizetype i = 0; i < expected.size(); ++i) {
            QCOMPARE(file.interfaces[i].linkType, expected[i].first);
            QCOMPARE(file.interfaces[i].options.value(2), expected[i].second);
            QVERIFY(!file.interfaces[i].options.value(3).isEmpty());
            QCOMPARE(file.interfaces[i].options.value(9), QByteArray("\x09"));
        }
    }

    void nsm_writesHeaderOptionsAndBytes() {
        FakeClock clock;
        const CapturePointer capture = makeCapture(clock);
        addNsm(capture.get(), true, readOnlyResponse, 0x1122334455667788, 4, 0x99aabb, NITRO_CAPTURE_REFUSED,
               12, "no");
        const WalkedFile file = walk(pullAll(capture.get()));
        QVERIFY(file.valid);
        QCOMPARE(file.packets.size(), 1);
        const WalkedPacket &packet = file.packets[0];
        QCOMPARE(packet.interface, 1u);
        QCOMPARE(packet.time, quint64(clock.host));
        QCOMPARE(packet.captured, packet.original);
        QCOMPARE(packet.data.left(8), QByteArray::fromHex("020101042c000000"));
        QCOMPARE(number(packet.data, 8, 8), 0x1122334455667788ull);
        QCOMPARE(number(packet.data, 16, 8), 0x99aabbull);
        QCOMPARE(number(packet.data, 24, 4), 16ull);         // PCR
        QCOMPARE(number(packet.data, 28, 4), 4ull);          // bytes of data
        QCOMPARE(number(packet.data, 32, 4), 0xffffffffull); // no nonce
        QCOMPARE(number(packet.data, 36, 4), 0xffffffffull); // no public key
        QCOMPARE(number(packet.data, 40, 4), quint64(readOnlyResponse.size()));
        QCOMPARE(packet.data.mid(44), readOnlyResponse);
        QCOMPARE(packet.options.value(flagsOption), QByteArray::fromHex("01000000"));
        QCOMPARE(packet.options.value(commentOption), QByteArray("no"));
        const QByteArray own = packet.options.value(ownOption);
        QCOMPARE(own.size(), 32);
        QCOMPARE(number(own, 0, 4), 32473ull);
        QCOMPARE(own.mid(4, 4), QByteArray("NSCO"));
        QCOMPARE(number(own, 8, 1), 1ull);  // version
        QCOMPARE(number(own, 9, 1), 4ull);  // refused
        QCOMPARE(number(own, 10, 2), 0ull); // reserved
        QCOMPARE(number(own, 12, 4), 12ull);
        QCOMPARE(number(own, 16, 8), 0x1122334455667788ull);
        QCOMPARE(number(own, 24, 8), quint64(clock.virtualClock));
    }

    void vsock_matchesLinuxMonitorFrame() {
        FakeClock clock;
        const CapturePointer capture = makeCapture(clock);
        const NitroCaptureVsock request = vsockRequest();
        nitro_capture_vsock(capture.get(), &request);
        const WalkedFile file = walk(pullAll(capture.get()));
        QCOMPARE(file.packets.size(), 1);
        QCOMPARE(file.packets[0].data.toHex(),
                 QByteArray("100000000000000003000000000000000004000028230000010002002c000000"
                            "10000000000000000300000000000000000400002823000000000000"
                            "01000100000000000000040000000000"));
    }

    void vsock_cutPacketSaysItIsWhole() { // Wireshark shows no payload otherwise
        FakeClock clock;
        NitroCaptureOptions options{};
        options.snap_length[NITRO_CAPTURE_VSOCK] = 80;
        const CapturePointer capture = makeCapture(clock, options);
        NitroCaptureVsock packet = vsockRequest();
        const QByteArray payload(1000, 'x');
        packet.payload = reinterpret_cast<const uint8_t *>(payload.constData());
        packet.size = 1000;
        nitro_capture_vsock(capture.get(), &packet);
        const WalkedFile file = walk(pullAll(capture.get()));
        QCOMPARE(file.packets[0].captured, 80u);
        QCOMPARE(file.packets[0].original, 80u);
        QCOMPARE(file.packets[0].data.right(4), QByteArray("xxxx"));
    }

    void snapLength_keepsOriginalLength() {
        FakeClock clock;
        const CapturePointer capture = makeCapture(clock);
        nitro_capture_set_snap_length(capture.get(), NITRO_CAPTURE_NSM, 47);
        addNsm(capture.get(), false, extendRequest, 1);
        const WalkedFile file = walk(pullAll(capture.get()));
        QVERIFY(file.valid);
        QCOMPARE(file.packets[0].captured, 47u);
        QCOMPARE(file.packets[0].original, 44u + quint32(extendRequest.size()));
        QCOMPARE(number(file.packets[0].data, 40, 4), quint64(extendRequest.size()));
        QCOMPARE(file.packets[0].data.mid(44), extendRequest.left(3));
        QCOMPARE(file.packets[0].options.value(ownOption).size(), 32);
    }

    void console_batchesByLineAndDirection() {
        FakeClock clock;
        const CapturePointer capture = makeCapture(clock);
        const int64_t start = clock.host;
        for (const char c : QByteArray("one\r\ntwo\r\nlogin: ")) {
            addConsole(capture.get(), QByteArray(1, c));
            clock.advance(1000);
        }
        addConsole(capture.get(), "root", NITRO_CAPTURE_INBOUND);
        nitro_capture_flush_console(capture.get());
        const WalkedFile file = walk(pullAll(capture.get()));
        QCOMPARE(file.packets.size(), 4);
        QCOMPARE(file.packets[0].data, QByteArray("one\r\n"));
        QCOMPARE(file.packets[1].data, QByteArray("two\r\n"));
        QCOMPARE(file.packets[1].time, quint64(start + 5000)); // of its first byte
        QCOMPARE(file.packets[2].data, QByteArray("login: "));
        QCOMPARE(file.packets[2].options.value(flagsOption), QByteArray::fromHex("02000000"));
        QCOMPARE(file.packets[3].data, QByteArray("root"));
        QCOMPARE(file.packets[3].options.value(flagsOption), QByteArray::fromHex("01000000"));
    }

    void console_longLineIsSplit() {
        FakeClock clock;
        const CapturePointer capture = makeCapture(clock);
        addConsole(capture.get(), QByteArray(2500, 'a'));
        nitro_capture_finish(capture.get());
        const WalkedFile file = walk(pullAll(capture.get()));
        QCOMPARE(file.packets.size(), 3);
        QCOMPARE(file.packets[0].data.size() + file.packets[1].data.size() + file.packets[2].data.size(),
                 2500);
    }

    void console_keepsItsPlaceBeforeOtherRecords() {
        FakeClock clock;
        const CapturePointer capture = makeCapture(clock);
        addConsole(capture.get(), "half a line");
        nitro_capture_reset(capture.get(), "guest-reset");
        const WalkedFile file = walk(pullAll(capture.get()));
        QCOMPARE(file.packets.size(), 2);
        QCOMPARE(file.packets[0].data, QByteArray("half a line"));
        QVERIFY(isKind(file.packets[1], "reset"));
    }

    void slowReader_losesNewestAndSaysSo() {
        FakeClock clock;
        NitroCaptureOptions options{};
        options.capacity = NITRO_CAPTURE_MINIMUM_CAPACITY;
        const CapturePointer capture = makeCapture(clock, options);
        const QByteArray payload(1000, 'p');
        for (uint64_t i = 1; i <= 100; ++i)
            addNsm(capture.get(), false, payload, i);
        NitroCaptureStats stats;
        nitro_capture_stats(capture.get(), &stats);
        QCOMPARE(stats.records[NITRO_CAPTURE_NSM] + stats.dropped[NITRO_CAPTURE_NSM], uint64_t{100});
        QVERIFY(stats.dropped[NITRO_CAPTURE_NSM] > 30);
        QVERIFY(stats.pending <= stats.capacity);
        const uint64_t kept = stats.records[NITRO_CAPTURE_NSM], lost = stats.dropped[NITRO_CAPTURE_NSM];

        QByteArray stream = pullAll(capture.get()); // room again: the loss is reported without another record
        addNsm(capture.get(), false, payload, 101);
        nitro_capture_finish(capture.get());
        stream += pullAll(capture.get());
        const WalkedFile file = walk(stream);
        QVERIFY(file.valid);
        QCOMPARE(file.packets.size(), qsizetype(kept) + 2);
        for (uint64_t i = 0; i < kept; ++i) // the oldest are the ones that are kept
            QCOMPARE(number(file.packets[qsizetype(i)].data, 8, 8), i + 1);
        const WalkedPacket &report = file.packets[qsizetype(kept)];
        QVERIFY(isKind(report, "dropped"));
        QVERIFY(report.data.endsWith(QByteArray("\x63nsm\x18") + char(lost)));
        QCOMPARE(number(file.packets.last().data, 8, 8), 101ull);
        QCOMPARE(file.statistics.size(), 5);
        QCOMPARE(number(file.statistics[1].value(droppedOption), 0, 8), lost);
        QCOMPARE(number(file.statistics[1].value(receivedOption), 0, 8), 101ull);
        QCOMPARE(number(file.statistics[0].value(receivedOption), 0, 8), 0ull);
    }

    void slowReader_reportStandsBeforeTheNextRecord() {
        FakeClock clock;
        NitroCaptureOptions options{};
        options.capacity = NITRO_CAPTURE_MINIMUM_CAPACITY;
        const CapturePointer capture = makeCapture(clock, options);
        const QByteArray payload(10000, 'p');
        for (uint64_t i = 1; i <= 10; ++i)
            addNsm(capture.get(), false, payload, i);
        uint8_t part[20000];
        const size_t taken = nitro_capture_pull(capture.get(), part, sizeof part);
        addNsm(capture.get(), false, extendRequest, 11);
        const WalkedFile file =
            walk(QByteArray(reinterpret_cast<char *>(part), qsizetype(taken)) + pullAll(capture.get()));
        QVERIFY(file.valid);
        QVERIFY(isKind(file.packets[file.packets.size() - 2], "dropped"));
        QCOMPARE(number(file.packets.last().data, 8, 8), 11ull);
    }

    void recordLargerThanTheRing_isDropped() {
        FakeClock clock;
        NitroCaptureOptions options{};
        options.capacity = NITRO_CAPTURE_MINIMUM_CAPACITY;
        const CapturePointer capture = makeCapture(clock, options);
        addNsm(capture.get(), false, QByteArray(70000, 'x'), 1);
        const WalkedFile file = walk(pullAll(capture.get()));
        QVERIFY(file.valid);
        QCOMPARE(file.packets.size(), 1);
        QVERIFY(isKind(file.packets[0], "dropped"));
    }

    void limit_reached_isSaidAndTheRestIsCounted() {
        FakeClock clock;
        NitroCaptureOptions options{};
        options.limit = 100'000;
        const CapturePointer capture = makeCapture(clock, options);
        QByteArray stream;
        for (uint64_t i = 1; i <= 200; ++i) {
            addNsm(capture.get(), false, QByteArray(1000, 'p'), i);
            stream += pullAll(capture.get());
        }
        NitroCaptureStats stats;
        nitro_capture_stats(capture.get(), &stats);
        QVERIFY(stats.full);
        QCOMPARE(stats.limit, options.limit);
        const uint64_t recorded = stats.records[NITRO_CAPTURE_NSM];
        QCOMPARE(recorded + stats.dropped[NITRO_CAPTURE_NSM], 200ull);

        WalkedFile file = walk(stream);
        QVERIFY(file.valid);
        QCOMPARE(file.packets.size(), qsizetype(recorded) + 1);
        QVERIFY(isKind(file.packets.last(), "capture"));
        QVERIFY(file.packets.last().data.contains("\x65"
                                                  "limit"));
        // Neither what comes later nor its number is written before the end.
        addConsole(capture.get(), "not kept\n");
        QCOMPARE(pullAll(capture.get()), QByteArray());
        nitro_capture_finish(capture.get());
        stream += pullAll(capture.get());
        file = walk(stream);
        QVERIFY(file.valid);
        QVERIFY(isKind(file.packets.last(), "dropped"));
        QCOMPARE(number(file.statistics[1].value(droppedOption), 0, 8), 200 - recorded);
        QVERIFY2(stream.size() <= qsizetype(options.limit), qPrintable(QString::number(stream.size())));
        QVERIFY2(stream.size() > qsizetype(options.limit) * 9 / 10,
                 qPrintable(QString::number(stream.size())));
    }

    void limit_reachedWithoutAReader_isSaidToTheNextOne() {
        FakeClock clock;
        NitroCaptureOptions options{};
        options.limit = 20'000;
        const CapturePointer capture = makeCapture(clock, options);
        for (uint64_t i = 1; i <= 100; ++i)
            addNsm(capture.get(), false, QByteArray(1000, 'p'), i);
        const WalkedFile file = walk(pullAll(capture.get()));
        QVERIFY(file.valid);
        QVERIFY(isKind(file.packets.last(), "capture"));
    }

    void newReader_getsHeadersAndTheWholeCurrentBlock_data() {
        QTest::addColumn<int>("taken");
        for (const int taken : {0, 1, 100, 400, 500, 555, 600, 700, 800, 1000})
            QTest::addRow("after %d bytes", taken) << taken;
    }
    void newReader_getsHeadersAndTheWholeCurrentBlock() {
        QFETCH(int, taken);
        FakeClock clock;
        const CapturePointer capture = makeCapture(clock);
        for (uint64_t i = 1; i <= 5; ++i)
            addNsm(capture.get(), false, extendRequest, i);
        uint8_t part[1000];
        const size_t size = nitro_capture_pull(capture.get(), part, size_t(taken));
        nitro_capture_rewind(capture.get());
        const WalkedFile file = walk(pullAll(capture.get()));
        QVERIFY(file.valid);
        QCOMPARE(file.interfaces.size(), 5);
        // Nothing is lost but what the first reader has whole.
        const QByteArray first(reinterpret_cast<char *>(part), qsizetype(size));
        QCOMPARE(walk(first).packets.size() + file.packets.size(), 5);
        QCOMPARE(number(file.packets.last().data, 8, 8), 5ull);
    }

    void pausedAndDisabled_writeOnlyTheChange() {
        FakeClock clock;
        const CapturePointer capture = makeCapture(clock);
        nitro_capture_set_paused(capture.get(), 1);
        QVERIFY(!nitro_capture_wants(capture.get(), NITRO_CAPTURE_NSM));
        addNsm(capture.get(), false, extendRequest, 1);
        nitro_capture_set_paused(capture.get(), 0);
        nitro_capture_set_enabled(capture.get(), 1u << NITRO_CAPTURE_CONSOLE);
        addNsm(capture.get(), false, extendRequest, 2);
        addConsole(capture.get(), "kept\n");
        const WalkedFile file = walk(pullAll(capture.get()));
        QCOMPARE(file.packets.size(), 4);
        for (int i = 0; i < 3; ++i)
            QVERIFY(isKind(file.packets[i], "capture"));
        QVERIFY(file.packets[2].data.endsWith("\x67"
                                              "console"));
        QCOMPARE(file.packets[3].data, QByteArray("kept\n"));
    }

    void wake_comesOncePerEmptiness() {
        FakeClock clock;
        const CapturePointer capture = makeCapture(clock);
        pullAll(capture.get());
        addNsm(capture.get(), false, extendRequest, 1);
        addNsm(capture.get(), false, extendRequest, 2);
        QCOMPARE(clock.wakes, 1);
        pullAll(capture.get());
        addNsm(capture.get(), false, extendRequest, 3);
        QCOMPARE(clock.wakes, 2);
    }

    void texts_areCutAndMadeUtf8() {
        FakeClock clock;
        const CapturePointer capture = makeCapture(clock);
        const QByteArray tooLong = QByteArray(511, 'a') + "\xc3\xa4 and more";
        nitro_capture_boot_stage(capture.get(), "kernel", -1, tooLong.constData());
        nitro_capture_boot_stage(capture.get(), "kernel", -1, "bad \xff\xfe byte");
        const WalkedFile file = walk(pullAll(capture.get()));
        QVERIFY(file.packets[0].data.endsWith(QByteArray(511, 'a')));
        QVERIFY(file.packets[1].data.endsWith("bad ?? byte"));
    }

    void nullCapture_isAccepted() {
        nitro_capture_reset(nullptr, "x");
        addNsm(nullptr, false, extendRequest, 1);
        addConsole(nullptr, "x");
        size_t size = 1;
        QVERIFY(!nitro_capture_peek(nullptr, &size));
        QCOMPARE(size, size_t{0});
        QVERIFY(!nitro_capture_wants(nullptr, NITRO_CAPTURE_NSM));
    }

    void afterFinish_nothingIsAdded() {
        FakeClock clock;
        const CapturePointer capture = makeCapture(clock);
        nitro_capture_finish(capture.get());
        addNsm(capture.get(), false, extendRequest, 1);
        nitro_capture_set_paused(capture.get(), 0);
        QVERIFY(!nitro_capture_wants(capture.get(), NITRO_CAPTURE_NSM));
        const WalkedFile file = walk(pullAll(capture.get()));
        QVERIFY(file.valid);
        QVERIFY(file.packets.isEmpty());
        QCOMPARE(file.statistics.size(), 5);
    }

    void threads_loseNothingUncounted() {
        NitroCaptureOptions options{};
        options.capacity = NITRO_CAPTURE_MINIMUM_CAPACITY;
        const CapturePointer capture(nitro_capture_new(nullptr, &options));
        constexpr uint64_t perThread = 4000;
        std::atomic<int> running = 3;
        const auto nsm = [&](uint64_t base) {
            for (uint64_t i = 0; i < perThread; ++i)
                addNsm(capture.get(), i & 1, extendRequest, base + i);
            --running;
        };
        std::thread first(nsm, 1), second(nsm, 1'000'000);
        std::thread third([&] {
            for (uint64_t i = 0; i < perThread; ++i)
                addConsole(capture.get(), "a line of the console\n");
            --running;
        });
        QByteArray stream;
        while (running > 0)
            stream += pullAll(capture.get());
        first.join(), second.join(), third.join();
        nitro_capture_finish(capture.get());
        stream += pullAll(capture.get());

        const WalkedFile file = walk(stream);
        QVERIFY(file.valid);
        quint64 last[2] = {0, 0}, count[5] = {};
        for (const WalkedPacket &packet : file.packets) {
            ++count[packet.interface];
            if (packet.interface != NITRO_CAPTURE_NSM)
                continue;
            const quint64 id = number(packet.data, 8, 8);
            QVERIFY(id > last[id >= 1'000'000]); // each thread's records in their order
            last[id >= 1'000'000] = id;
        }
        for (const int interface : {NITRO_CAPTURE_NSM, NITRO_CAPTURE_CONSOLE}) {
            const auto &numbers = file.statistics[interface];
            const quint64 received = number(numbers.value(receivedOption), 0, 8);
            QCOMPARE(received, quint64(interface == NITRO_CAPTURE_NSM ? 2 * perThread : perThread));
            QCOMPARE(count[interface] + number(numbers.value(droppedOption), 0, 8), received);
        }
    }
};

QTEST_GUILESS_MAIN(CaptureCoreTest)
#include "tst_capture_core.moc"
