// SPDX-License-Identifier: GPL-2.0-or-later
//
// The reader against streams of the capture core and against streams that no honest writer makes.
#include "app/proto/pcapng/capture_reader.hpp"
#include "app/proto/pcapng/cbor_variant.hpp"
#include "app/proto/pcapng/record_text.hpp"
#include "tests/unit/capture/sample_stream.hpp"

#include <QBuffer>
#include <QtTest>

using namespace nitroscope::pcapng;
using namespace nitroscope::test;
using namespace Qt::Literals::StringLiterals;

namespace {

struct Outcome {
    QVector<Record> records;
    std::vector<Diagnostic> diagnostics;
    std::vector<Interface> interfaces;
    quint64 skippedBlocks = 0, sections = 0;
    bool failed = false;
};

Outcome read(const QByteArray &bytes, qsizetype step = 0) {
    Outcome outcome;
    CaptureReader reader([&](const Record &record) { outcome.records.append(record); });
    if (step == 0)
        step = std::max<qsizetype>(bytes.size(), 1);
    for (qsizetype at = 0; at < bytes.size(); at += step)
        reader.feed(QByteArrayView(bytes).sliced(at, std::min(step, bytes.size() - at)));
    reader.finish();
    outcome.diagnostics = reader.diagnostics().list();
    outcome.interfaces = reader.interfaces();
    outcome.skippedBlocks = reader.skippedBlocks();
    outcome.sections = reader.sections();
    outcome.failed = reader.failed();
    return outcome;
}

const MachineRecord &machine(const Record &record) {
    return std::get<MachineRecord>(record.content);
}

// Hand-made blocks in either byte order.
struct Builder {
    bool big = false;
    QByteArray bytes;

    template <class T>
    static void put(QByteArray &out, T value, bool bigEndian) {
        const T ordered = bigEndian ? qToBigEndian(value) : qToLittleEndian(value);
        out.append(reinterpret_cast<const char *>(&ordered), sizeof ordered);
    }
    template <class... T>
    QByteArray numbers(T... values) const {
        QByteArray out;
        (put(out, values, big), ...);
        return out;
    }
    QByteArray option(quint16 code, const QByteArray &value) const {
        return numbers(code, quint16(value.size())) + value + QByteArray((4 - value.size() % 4) % 4, '\0');
    }
    Builder &block(quint32 type, const QByteArray &body) {
        const auto length = quint32(body.size() + 12);
        bytes += numbers(type, length) + body + numbers(length);
        return *this;
    }
    Builder &section() {
        return block(0x0a0d0d0a, numbers(quint32(0x1a2b3c4d), quint16(1), quint16(0), quint64(-1)));
    }
    Builder &interface(quint16 link, const QByteArray &options) {
        return block(1, numbers(link, quint16(0), quint32(0)) + options);
    }
    Builder &packet(quint32 id, quint64 time, const QByteArray &data, const QByteArray &options = {}) {
        return block(
            6, numbers(id, quint32(time >> 32), quint32(time), quint32(data.size()), quint32(data.size())) +
                   data + QByteArray((4 - data.size() % 4) % 4, '\0') + options);
    }
};

} // namespace

class CaptureReaderTest : public QObject {
    Q_OBJECT

private slots:
    void roundTrip_everyFieldArrives() {
        const Outcome outcome = read(sampleStream());
        QVERIFY(outcome.diagnostics.empty());
        QCOMPARE(outcome.records.size(), 14);
        const FakeClock start;
        for (qsizetype i = 0; i < outcome.records.size(); ++i) {
            QCOMPARE(outcome.records[i].hostNs, start.host + i * 1'000'000);
            QCOMPARE(outcome.records[i].virtualNs, std::optional<qint64>(start.virtualClock + i * 1'000'000));
            QCOMPARE(outcome.records[i].captured, outcome.records[i].original);
        }

        const auto &stage = machine(outcome.records[0]);
        QCOMPARE(stage.kind, u"boot-stage"_s);
        QCOMPARE(stage.fields.value("stage").toString(), u"ramdisk"_s);
        QCOMPARE(stage.fields.value("index").toInt(), 2);
        QCOMPARE(stage.fields.value("text").toString(), u"placed at 0x3000000"_s);
        QCOMPARE(machine(outcome.records[1]).fields.value("reason").toInt(), 2010);
        QVERIFY(!machine(outcome.records[1]).fields.contains("e-code"));
        const auto &failure = machine(outcome.records[2]).fields;
        QCOMPARE(failure.value("section").toInt(), 3);
        QCOMPARE(failure.value("offset").toULongLong(), 0x123456789ull);
        QCOMPARE(failure.value("e-code").toString(), u"E26"_s);
        QCOMPARE(failure.value("message").toString(), u"the checksum is wrong"_s);

        QCOMPARE(std::get<ConsoleRecord>(outcome.records[3].content).bytes,
                 QByteArray("Linux version 6.12\r\n"));
        QCOMPARE(outcome.records[3].direction, Direction::outbound);

        const auto &request = std::get<NsmRecord>(outcome.records[4].content);
        QVERIFY(!request.isResponse);
        QCOMPARE(request.kindName(), u"ExtendPCR"_s);
        QCOMPARE(request.cbor, extendRequest);
        QCOMPARE(outcome.records[4].direction, Direction::outbound);
        QCOMPARE(outcome.records[4].verdict, Verdict::passed);
        const auto &response = std::get<NsmRecord>(outcome.records[5].content);
        QVERIFY(response.isResponse);
        QCOMPARE(response.resultName(), u"ReadOnlyIndex"_s);
        QCOMPARE(response.transaction, 41u);
        QCOMPARE(response.durationNs, 2'345'678u);
        QCOMPARE(outcome.records[5].direction, Direction::inbound);
        QCOMPARE(outcome.records[5].verdict, Verdict::refused);
        QCOMPARE(outcome.records[5].rule, 12u);
        QCOMPARE(outcome.records[5].flow, 41u);
        QCOMPARE(outcome.records[5].comment, u"fault: ReadOnlyIndex"_s);

        const auto &pcr = machine(outcome.records[6]).fields;
        QCOMPARE(pcr.value("index").toInt(), 16);
        QCOMPARE(pcr.value("value").toByteArray(), QByteArray(48, char(0xa5)));
        QCOMPARE(pcr.value("locked").toBool(), true);
        QCOMPARE(pcr.value("cause").toString(), u"extend"_s);
        QCOMPARE(pcr.value("transaction").toInt(), 41);
        QCOMPARE(machine(outcome.records[7]).kind, u"break"_s);
        QCOMPARE(machine(outcome.records[8]).fields.value("action").toString(), u"error"_s);

        const auto &packet = std::get<VsockRecord>(outcome.records[9].content);
        QCOMPARE(packet.srcCid, 16u);
        QCOMPARE(packet.dstCid, 3u);
        QCOMPARE(packet.srcPort, 1024u);
        QCOMPARE(packet.dstPort, 9000u);
        QCOMPARE(packet.type, 1);
        QCOMPARE(packet.operation, 1);
        QCOMPARE(packet.bufferSize, 262144u);
        QCOMPARE(packet.payload, QByteArray("hello"));
        QCOMPARE(outcome.records[9].flow, 7u);

        const auto &guest = std::get<GuestRecord>(outcome.records[10].content);
        QCOMPARE(guest.kind, u"map"_s);
        QCOMPARE(guest.fields.value("count").toInt(), 5);
        QCOMPARE(machine(outcome.records[11]).fields.value("name").toString(), u"before-extend"_s);
        QCOMPARE(machine(outcome.records[12]).fields.value("state").toString(), u"paused"_s);
        QCOMPARE(machine(outcome.records[13]).fields.value("cause").toString(), u"guest-reset"_s);
        QCOMPARE(outcome.interfaces[1].received, std::optional<quint64>(2));
        QCOMPARE(outcome.interfaces[1].dropped, std::optional<quint64>(0));
    }

    void offsets_pointAtTheirBlocks() {
        const QByteArray stream = sampleStream();
        for (const Record &record : read(stream).records) {
            QCOMPARE(stream.mid(qsizetype(record.offset), 4), QByteArray::fromHex("06000000"));
            QCOMPARE(qFromLittleEndian<quint32>(stream.constData() + record.offset + 4), record.blockLength);
        }
    }

    void pieces_ofAnySize_giveTheSame() {
        const QByteArray stream = sampleStream();
        const Outcome whole = read(stream);
        for (const qsizetype step : {1, 2, 3, 5, 7, 11, 12, 13, 64, 1000}) {
            const Outcome outcome = read(stream, step);
            QVERIFY(outcome.diagnostics.empty());
            QCOMPARE(outcome.records.size(), whole.records.size());
            QCOMPARE(outcome.records.last().hostNs, whole.records.last().hostNs);
        }
    }

    void splitAtEveryByte_givesTheSame() {
        const QByteArray stream = sampleStream();
        const qsizetype expected = read(stream).records.size();
        for (qsizetype cut = 0; cut <= stream.size(); ++cut) {
            qsizetype count = 0;
            CaptureReader reader([&](const Record &) { ++count; });
            reader.feed(QByteArrayView(stream).first(cut));
            reader.feed(QByteArrayView(stream).sliced(cut));
            reader.finish();
            QCOMPARE(count, expected);
            QVERIFY(reader.diagnostics().isEmpty());
        }
    }

    void truncatedAtEveryByte_keepsWhatIsWhole() {
        const QByteArray stream = sampleStream();
        const Outcome whole = read(stream);
        for (qsizetype size = 0; size < stream.size(); ++size) {
            const Outcome outcome = read(stream.left(size));
            const auto expected =
                std::count_if(whole.records.begin(), whole.records.end(), [&](const Record &record) {
                    return record.offset + record.blockLength <= quint64(size);
                });
            QCOMPARE(outcome.records.size(), expected);
            QVERIFY(!outcome.failed);
            QVERIFY(outcome.diagnostics.size() <= 1);
        }
    }

    void corruptedAtEveryByte_neverMisbehaves() {
        const QByteArray stream = sampleStream();
        const qsizetype most = read(stream).records.size();
        for (qsizetype at = 0; at < stream.size(); ++at) {
            for (const int flip : {0x01, 0x80, 0xff}) {
                QByteArray changed = stream;
                changed[at] = char(changed[at] ^ flip);
                const Outcome outcome = read(changed, 97);
                QVERIFY(outcome.records.size() <= most);
                if (outcome.failed)
                    QVERIFY(!outcome.diagnostics.empty());
            }
        }
    }

    void bigEndianSection_isRead() {
        Builder file{true, {}};
        file.section()
            .interface(148, file.option(2, "console") + file.option(9, "\x09"))
            .packet(0, 1'790'000'000'000'000'001ull, "hi", file.option(2, file.numbers(quint32(2))));
        const Outcome outcome = read(file.bytes);
        QVERIFY(outcome.diagnostics.empty());
        QCOMPARE(outcome.records.size(), 1);
        QCOMPARE(outcome.records[0].hostNs, 1'790'000'000'000'000'001ll);
        QCOMPARE(outcome.records[0].direction, Direction::outbound);
        QCOMPARE(std::get<ConsoleRecord>(outcome.records[0].content).bytes, QByteArray("hi"));
    }

    void secondSection_startsItsOwnInterfaces() {
        Builder first, second{true, {}};
        first.section().interface(148, first.option(2, "console")).packet(0, 0, "a");
        second.section().interface(1, {}).packet(0, 0, "b").packet(1, 0, "c");
        const Outcome outcome = read(first.bytes + second.bytes);
        QCOMPARE(outcome.sections, 2u);
        QCOMPARE(outcome.records.size(), 2);
        QCOMPARE(outcome.records[0].source, Source::console);
        QCOMPARE(outcome.records[1].source, Source::foreign);
        QCOMPARE(std::get<ForeignRecord>(outcome.records[1].content).linkType, 1);
        QCOMPARE(outcome.diagnostics.size(), std::size_t{1}); // interface 1 is not described
    }

    void userLinkTypeOfAnotherName_isForeign() {
        Builder file;
        file.section().interface(147, file.option(2, "radio")).packet(0, 0, "a");
        QCOMPARE(read(file.bytes).records[0].source, Source::foreign);
    }

    void unknownBlocks_areSkipped() {
        Builder file;
        file.section().block(0xbad, "12345678").interface(148, file.option(2, "console"));
        file.block(4, "1234").packet(0, 0, "a").block(0x80000001, {});
        const Outcome outcome = read(file.bytes);
        QVERIFY(outcome.diagnostics.empty());
        QCOMPARE(outcome.skippedBlocks, 3u);
        QCOMPARE(outcome.records.size(), 1);
    }

    void hugeBlock_isPassedOverWithoutMemory() {
        Builder file;
        file.section().interface(148, file.option(2, "console"));
        const quint32 size = BlockReader::maxBlockLength + 1024;
        file.bytes +=
            file.numbers(quint32(6), size) + QByteArray(qsizetype(size) - 12, 'x') + file.numbers(size);
        file.packet(0, 0, "a");
        const Outcome outcome = read(file.bytes, 65536);
        QCOMPARE(outcome.records.size(), 1);
        QCOMPARE(outcome.diagnostics.size(), std::size_t{1});
        QVERIFY(outcome.diagnostics[0].message.contains(QString::number(size)));
    }

    void badLengths_endTheReadingAtTheirOffset_data() {
        QTest::addColumn<quint32>("length");
        for (const quint32 length : {0u, 4u, 8u, 11u, 13u, 0xffffffffu})
            QTest::addRow("%u", length) << length;
    }
    void badLengths_endTheReadingAtTheirOffset() {
        QFETCH(quint32, length);
        Builder file;
        file.section().interface(148, file.option(2, "console")).packet(0, 0, "a");
        const auto at = quint64(file.bytes.size());
        file.bytes += file.numbers(quint32(6), length) + QByteArray(40, '\0');
        const Outcome outcome = read(file.bytes);
        QCOMPARE(outcome.records.size(), 1);
        QVERIFY(outcome.failed);
        QCOMPARE(outcome.diagnostics.back().offset, at + 4);
    }

    void lengthsThatDiffer_endTheReading() {
        Builder file;
        file.section().interface(148, file.option(2, "console")).packet(0, 0, "a");
        file.bytes.back() = 1;
        QVERIFY(read(file.bytes).failed);
    }

    void malformedOptions_costOnlyTheOptions_data() {
        QTest::addColumn<QByteArray>("options");
        QTest::newRow("length beyond the block") << QByteArray::fromHex("0200ff0001000000");
        QTest::newRow("two bytes left") << QByteArray::fromHex("02000400020000000100");
        QTest::newRow("flags of three bytes") << QByteArray::fromHex("0200030001020300");
    }
    void malformedOptions_costOnlyTheOptions() {
        QFETCH(QByteArray, options);
        while (options.size() % 4 != 0)
            options += '\0';
        Builder file;
        file.section().interface(148, file.option(2, "console")).packet(0, 0, "abcd", options);
        const Outcome outcome = read(file.bytes);
        QVERIFY(!outcome.failed);
        QCOMPARE(outcome.records.size(), 1);
        QCOMPARE(std::get<ConsoleRecord>(outcome.records[0].content).bytes, QByteArray("abcd"));
    }

    void ownOption_ofAnotherEnterprise_isIgnored() {
        Builder file;
        QByteArray own(32, '\x11');
        file.section().interface(148, file.option(2, "console")).packet(0, 0, "a", file.option(2989, own));
        const Outcome outcome = read(file.bytes);
        QVERIFY(!outcome.records[0].virtualNs);
        QCOMPARE(outcome.records[0].verdict, Verdict::passed);
    }

    void instructions_whereTheyAreCounted_areInEachRecord() {
        FakeClock clock;
        clock.icount = 67'000'000'123;
        const CapturePointer capture = makeCapture(clock);
        addConsole(capture.get(), "counted\n");
        clock.icount = -1;
        addConsole(capture.get(), "not counted\n");
        const Outcome outcome = read(pullAll(capture.get()));
        QCOMPARE(outcome.records.size(), 2);
        QCOMPARE(outcome.records[0].icount, std::optional<quint64>(67'000'000'123));
        QCOMPARE(outcome.records[0].virtualNs, std::optional<qint64>(clock.virtualClock));
        QCOMPARE(nitroscope::pcapng::toJson(outcome.records[0]).value("instruction").toInteger(),
                 67'000'000'123);
        QVERIFY(!outcome.records[1].icount);
        QVERIFY(!nitroscope::pcapng::toJson(outcome.records[1]).contains("instruction"));
    }

    void capturedLengthBeyondTheBlock_losesThatPacketOnly() {
        Builder file;
        file.section().interface(148, file.option(2, "console"));
        file.block(6, file.numbers(quint32(0), quint32(0), quint32(0), quint32(100), quint32(100)) + "abcd");
        file.packet(0, 0, "next");
        const Outcome outcome = read(file.bytes);
        QCOMPARE(outcome.records.size(), 1);
        QCOMPARE(outcome.diagnostics.size(), std::size_t{1});
    }

    // What was written before the header said what a request is about.
    void nsm_ofVersion1_isReadFromItsCbor() {
        Builder file;
        const QByteArray head = QByteArray::fromHex("010001001800000029000000000000000000000000000000");
        const QByteArray lockThree = QByteArray::fromHex("a1684c6f636b50435273a16572616e676503");
        QByteArray lock = head + lockThree;
        lock[2] = 3;
        file.section()
            .interface(147, file.option(2, "nsm"))
            .packet(0, 0, head + extendRequest)
            .packet(0, 0, lock)
            .packet(0, 0, QByteArray::fromHex("0101010418000000") + head.mid(8) + readOnlyResponse);
        const Outcome outcome = read(file.bytes);
        QCOMPARE(outcome.records.size(), 3);
        QCOMPARE(outcome.diagnostics.size(), std::size_t{0});
        const auto at = [&](qsizetype i) { return std::get<NsmRecord>(outcome.records[i].content); };
        QCOMPARE(at(0).transaction, quint64(41));
        QCOMPARE(at(0).pcr, 16);
        QCOMPARE(at(0).data, 4);
        QCOMPARE(at(0).nonce, NsmRecord::none);
        QCOMPARE(at(0).cborBytes, quint32(extendRequest.size()));
        QCOMPARE(at(1).pcr, 3);
        QCOMPARE(pcrOf(outcome.records[1]), std::nullopt); // a number of PCRs, no PCR
        QCOMPARE(at(2).pcr, NsmRecord::none);
        QCOMPARE(at(2).cbor, readOnlyResponse);
    }
    void nsm_requestAndResponse_sayWhatTheyAreAbout() {
        FakeClock clock;
        const CapturePointer capture = makeCapture(clock);
        nitro_capture_set_snap_length(capture.get(), NITRO_CAPTURE_NSM, NITRO_CAPTURE_NSM_HEADER_BYTES);
        addNsm(capture.get(), false, extendRequest, 41);
        addNsm(capture.get(), true, readOnlyResponse, 41, 4);
        const Outcome outcome = read(pullAll(capture.get()));
        QCOMPARE(outcome.records.size(), 2);
        for (const Record &record : outcome.records) {
            const auto &nsm = std::get<NsmRecord>(record.content);
            QCOMPARE(nsm.pcr, 16);
            QCOMPARE(nsm.data, 4);
            QCOMPARE(nsm.publicKey, NsmRecord::none);
            QVERIFY(nsm.cbor.isEmpty()); // cut away
        }
        QCOMPARE(std::get<NsmRecord>(outcome.records[0].content).cborBytes, quint32(extendRequest.size()));
        QCOMPARE(std::get<NsmRecord>(outcome.records[1].content).cborBytes, quint32(readOnlyResponse.size()));
    }

    void brokenContent_isKeptAsBytes_data() {
        QTest::addColumn<int>("link");
        QTest::addColumn<QByteArray>("name");
        QTest::addColumn<QByteArray>("data");
        QTest::newRow("nsm too short") << 147 << QByteArray("nsm") << QByteArray("\x01\x00\x00", 3);
        QTest::newRow("nsm of version 2, as short as one of version 1")
            << 147 << QByteArray("nsm") << QByteArray::fromHex("0200000018000000") + QByteArray(16, '\0');
        QTest::newRow("nsm of version 9") << 147 << QByteArray("nsm") << QByteArray(24, '\x09');
        QTest::newRow("nsm header beyond the data")
            << 147 << QByteArray("nsm") << QByteArray::fromHex("01000000ff000000") + QByteArray(16, '\0');
        QTest::newRow("machine truncated")
            << 149 << QByteArray("machine") << QByteArray::fromHex("a2646b696e64");
        QTest::newRow("machine not a map") << 149 << QByteArray("machine") << QByteArray::fromHex("05");
        QTest::newRow("machine empty") << 149 << QByteArray("machine") << QByteArray();
        QTest::newRow("key no text") << 149 << QByteArray("machine") << QByteArray::fromHex("a10102");
        QTest::newRow("guest too many items")
            << 150 << QByteArray("guest")
            << QByteArray::fromHex("a161619a00010000") + QByteArray(65536, '\0');
        QTest::newRow("vsock too short") << 271 << QByteArray("vsock") << QByteArray(40, '\0');
    }
    void brokenContent_isKeptAsBytes() {
        QFETCH(int, link);
        QFETCH(QByteArray, name);
        QFETCH(QByteArray, data);
        Builder file;
        file.section().interface(quint16(link), file.option(2, name)).packet(0, 0, data);
        const Outcome outcome = read(file.bytes);
        QCOMPARE(outcome.records.size(), 1);
        QCOMPARE(outcome.diagnostics.size(), std::size_t{1});
        QCOMPARE(std::get<ForeignRecord>(outcome.records[0].content).bytes, data);
    }

    void diagnostics_areBounded() {
        Builder file;
        file.section();
        for (int i = 0; i < 1000; ++i)
            file.packet(9, 0, "x");
        CaptureReader reader([](const Record &) {});
        reader.feed(file.bytes);
        QCOMPARE(reader.diagnostics().list().size(), Diagnostics::limit);
        QCOMPARE(reader.diagnostics().more(), 1000 - Diagnostics::limit);
    }

    void interfaces_areBounded() {
        Builder file;
        file.section();
        for (int i = 0; i < 2000; ++i)
            file.interface(148, {});
        QCOMPARE(read(file.bytes).interfaces.size(), CaptureReader::maxInterfaces);
    }

    void timeResolution_ofAnInterface_scalesItsTimes_data() {
        QTest::addColumn<int>("resolution");
        QTest::addColumn<quint64>("ticks");
        QTest::addColumn<qint64>("offset");
        QTest::addColumn<qint64>("expected");
        QTest::newRow("seconds") << 0 << quint64(3) << qint64(0) << qint64(3000000000);
        QTest::newRow("micro") << 6 << quint64(1000001) << qint64(0) << qint64(1000001000);
        QTest::newRow("nano, offset") << 9 << quint64(5) << qint64(2) << qint64(2000000005);
        QTest::newRow("pico") << 12 << quint64(7999) << qint64(0) << qint64(7);
        QTest::newRow("10^-127") << 127 << ~quint64(0) << qint64(0) << qint64(0);
        QTest::newRow("2^-1") << 0x81 << quint64(3) << qint64(0) << qint64(1500000000);
        QTest::newRow("2^-63") << 0xbf << ~quint64(0) << qint64(0) << qint64(1999999999);
        QTest::newRow("2^-127") << 0xff << ~quint64(0) << qint64(0) << qint64(0);
        QTest::newRow("saturates") << 0 << ~quint64(0) << qint64(0) << std::numeric_limits<qint64>::max();
        QTest::newRow("saturates below")
            << 9 << quint64(0) << std::numeric_limits<qint64>::min() << -std::numeric_limits<qint64>::max();
    }
    void timeResolution_ofAnInterface_scalesItsTimes() {
        QFETCH(int, resolution);
        QFETCH(quint64, ticks);
        QFETCH(qint64, offset);
        QFETCH(qint64, expected);
        Interface interface;
        interface.resolution = quint8(resolution);
        interface.offsetSeconds = offset;
        QCOMPARE(toNanoseconds(ticks, interface), expected);
    }

    void readAll_refusesOtherFiles_data() {
        QTest::addColumn<QByteArray>("content");
        QTest::newRow("empty") << QByteArray();
        QTest::newRow("short") << QByteArray("abc");
        QTest::newRow("ELF") << QByteArray("\177ELF\2\1\1\0\0\0\0\0\0\0\0\0\0\0\0\0", 20);
        QTest::newRow("classic pcap")
            << QByteArray::fromHex("d4c3b2a1020004000000000000000000ffff000001000000");
    }
    void readAll_refusesOtherFiles() {
        QFETCH(QByteArray, content);
        QBuffer device(&content);
        device.open(QIODevice::ReadOnly);
        CaptureReader reader([](const Record &) {});
        const auto result = readAll(device, reader);
        QVERIFY(!result);
        QCOMPARE(result.error().code, u"capture-not-pcapng"_s);
        QVERIFY(!result.error().message.isEmpty());
    }

    void cborText_isDiagnosticNotation_data() {
        QTest::addColumn<QByteArray>("hex");
        QTest::addColumn<QString>("text");
        QTest::newRow("request") << extendRequest.toHex()
                                 << "{\"ExtendPCR\": {\"index\": 16, \"data\": h'01020304'}}";
        QTest::newRow("tagged map") << QByteArray("c1a10203") << "1({2: 3})";
        QTest::newRow("tagged number in array") << QByteArray("82c1c20103") << "[1(2(1)), 3]";
        QTest::newRow("indefinite") << QByteArray("bf61619f20f5ffff") << "{_ \"a\": [_ -1, true]}";
        QTest::newRow("odd map") << QByteArray("bf6161ff") << "{_ \"a\"<the map ends after a key>";
        QTest::newRow("floats") << QByteArray("83f93c00fa3f8000003bffffffffffffffff")
                                << "[1.0, 1.0, -18446744073709551616]";
        QTest::newRow("empty") << QByteArray("82a080") << "[{}, []]";
        QTest::newRow("sequence") << QByteArray("0102") << "1, 2";
        QTest::newRow("broken") << QByteArray("8201") << "[1<the data ends inside an item>";
        QTest::newRow("quotes") << QByteArray("6322 0a5c") << "\"\\\"\\u000a\\\\\"";
    }
    void cborText_isDiagnosticNotation() {
        QFETCH(QByteArray, hex);
        QFETCH(QString, text);
        QCOMPARE(cborText(QByteArray::fromHex(hex), 1000), text);
    }

    void cborText_isCut() { QCOMPARE(cborText(extendRequest, 10), u"{\"ExtendPC\u2026"_s); }
};

QTEST_GUILESS_MAIN(CaptureReaderTest)
#include "tst_capture_reader.moc"
