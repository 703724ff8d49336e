// SPDX-License-Identifier: GPL-2.0-or-later
//
// Framing and messages of the remote serial protocol, and target descriptions.
#include "app/proto/rsp/framing.hpp"
#include "app/proto/rsp/message.hpp"
#include "app/proto/rsp/target_description.hpp"

#include <QtTest>

using namespace nitroscope;
using namespace nitroscope::rsp;
using namespace Qt::Literals::StringLiterals;

namespace {

// Items and errors as short words: packet:payload, ack, nak, break, !code@offset.
QStringList wordsOf(const std::vector<app::Result<Item>> &items) {
    QStringList words;
    for (const auto &item : items) {
        if (!item) {
            words << u"!%1@%2"_s.arg(item.error().code).arg(item.error().offset.value_or(99999));
            continue;
        }
        switch (item->kind) {
        case Item::Kind::packet:
            words << u"packet:"_s + QString::fromLatin1(item->payload);
            break;
        case Item::Kind::notification:
            words << u"note:"_s + QString::fromLatin1(item->payload);
            break;
        case Item::Kind::acknowledgement:
            words << u"ack"_s;
            break;
        case Item::Kind::retransmission:
            words << u"nak"_s;
            break;
        case Item::Kind::interrupt:
            words << u"break"_s;
            break;
        }
    }
    return words;
}

QByteArray withChecksum(const QByteArray &raw) {
    unsigned sum = 0;
    for (const char byte : raw)
        sum += static_cast<unsigned char>(byte);
    return '$' + raw + '#' + QByteArray::number(sum & 0xff, 16).rightJustified(2, '0');
}

// As in QEMU's i386-64bit.xml, shortened; the second document follows by inclusion.
constexpr char targetXml[] = R"(<?xml version="1.0"?><!DOCTYPE target SYSTEM "gdb-target.dtd">
<target><architecture>i386:x86-64</architecture><xi:include href="core.xml"/>
<feature name="more"><reg name="mxcsr" bitsize="32" type="int" group="vector"/></feature></target>)";
constexpr char coreXml[] = R"(<?xml version="1.0"?><!DOCTYPE feature SYSTEM "gdb-target.dtd">
<feature name="org.gnu.gdb.i386.core"><reg name="rax" bitsize="64" type="int64" regnum="0"/>
<reg name="rip" bitsize="64" type="code_ptr"/><reg name="eflags" bitsize="32" type="i386_eflags"/>
<reg name="st0" bitsize="80" type="i387_ext"/></feature>)";

} // namespace

class TestRsp : public QObject {
    Q_OBJECT
private slots:
    void feed_bytes_givesItems_data() {
        QTest::addColumn<QByteArray>("bytes");
        QTest::addColumn<bool>("fromStub");
        QTest::addColumn<QStringList>("expected");
        QTest::newRow("packet") << QByteArray("$OK#9a") << true << QStringList{"packet:OK"};
        QTest::newRow("empty packet") << QByteArray("$#00") << true << QStringList{"packet:"};
        QTest::newRow("upper case checksum") << QByteArray("$OK#9A") << true << QStringList{"packet:OK"};
        QTest::newRow("acknowledgements")
            << QByteArray("+-$OK#9a+") << true << QStringList{"ack", "nak", "packet:OK", "ack"};
        QTest::newRow("notification")
            << QByteArray("%Stop:T05#") + QByteArray("9c") << true << QStringList{"!rsp-checksum@0"};
        QTest::newRow("interrupt") << QByteArray("\x03$?#3f") << false << QStringList{"break", "packet:?"};
        QTest::newRow("interrupt of a stub is garbage")
            << QByteArray("\x03$?#3f") << true << QStringList{"!rsp-garbage@0", "packet:?"};
        QTest::newRow("run of garbage is told once")
            << QByteArray("abc$OK#9axy") << true
            << QStringList{"!rsp-garbage@0", "packet:OK", "!rsp-garbage@9"};
        QTest::newRow("wrong checksum")
            << QByteArray("$OK#9b$OK#9a") << true << QStringList{"!rsp-checksum@0", "packet:OK"};
        QTest::newRow("checksum of no digits")
            << QByteArray("$OK#zz") << true << QStringList{"!rsp-checksum@0"};
        QTest::newRow("packet in a packet")
            << QByteArray("$lost$OK#9a") << true << QStringList{"!rsp-garbage@0", "packet:OK"};
        QTest::newRow("run length") << withChecksum("0* 1") << true << QStringList{"packet:00001"};
        QTest::newRow("run length as literal of a debugger")
            << withChecksum("0* 1") << false << QStringList{"packet:0* 1"};
        QTest::newRow("run length of nothing")
            << withChecksum("* ") << true << QStringList{"!rsp-encoding@1"};
        QTest::newRow("run length too small")
            << withChecksum("0*\x1f") << true << QStringList{"!rsp-encoding@2"};
        QTest::newRow("run length at the end")
            << withChecksum("0*") << true << QStringList{"!rsp-encoding@2"};
        QTest::newRow("escapes") << withChecksum("a}\x03}]b") << true << QStringList{"packet:a#}b"};
        QTest::newRow("escape at the end") << withChecksum("a}") << true << QStringList{"!rsp-encoding@2"};
    }

    void feed_bytes_givesItems() {
        QFETCH(QByteArray, bytes);
        QFETCH(bool, fromStub);
        QFETCH(QStringList, expected);
        const Writer writer = fromStub ? Writer::stub : Writer::debugger;
        Framer whole(writer);
        QCOMPARE(wordsOf(whole.feed(bytes)), expected);
        QCOMPARE(whole.position(), quint64(bytes.size()));

        Framer split(writer);
        QStringList words;
        for (const char byte : bytes)
            words += wordsOf(split.feed(QByteArray(1, byte)));
        QCOMPARE(words, expected);
    }

    void feed_packetCutAnywhere_givesNothing() {
        const QByteArray bytes = encodePacket("m1000,40");
        for (qsizetype size = 0; size < bytes.size(); ++size)
            QVERIFY(Framer(Writer::stub).feed(bytes.first(size)).empty());
    }

    void feed_hugePacket_isSkippedInBoundedMemory() {
        Framer framer(Writer::stub, 100);
        QByteArray bytes = withChecksum(QByteArray(1'000'000, 'x'));
        QCOMPARE(wordsOf(framer.feed(bytes + "$OK#9a")), QStringList({"!rsp-too-long@0", "packet:OK"}));
        // Few bytes on the wire that stand for many.
        QByteArray bomb = "0";
        for (int i = 0; i < 20; ++i)
            bomb += "*~";
        QCOMPARE(wordsOf(framer.feed(withChecksum(bomb))).first().left(13), u"!rsp-too-long"_s);
    }

    void encodePacket_anyBytes_comeBack() {
        QByteArray payload;
        for (int i = 0; i < 1024; ++i)
            payload += char(i * 7);
        for (const Writer writer : {Writer::stub, Writer::debugger}) {
            const auto items = Framer(writer).feed(encodePacket(payload));
            QCOMPARE(items.size(), size_t(1));
            QVERIFY(items[0]);
            QCOMPARE(items[0]->payload, payload);
        }
    }

    void parseThreadId_text_data() {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<bool>("valid");
        QTest::addColumn<qint64>("process");
        QTest::addColumn<qint64>("thread");
        QTest::newRow("plain") << QByteArray("1f") << true << qint64(0) << qint64(0x1f);
        QTest::newRow("zeroes") << QByteArray("p01.02") << true << qint64(1) << qint64(2);
        QTest::newRow("all") << QByteArray("-1") << true << qint64(0) << qint64(-1);
        QTest::newRow("all of one process") << QByteArray("p1.-1") << true << qint64(1) << qint64(-1);
        QTest::newRow("process alone") << QByteArray("p1") << true << qint64(1) << qint64(-1);
        for (const char *bad : {"", "p", "p.", "p1.", "-2", "x", "1 ", "ffffffffff"})
            QTest::newRow(bad) << QByteArray(bad) << false << qint64(0) << qint64(0);
    }

    void parseThreadId_text() {
        QFETCH(QByteArray, text);
        QFETCH(bool, valid);
        const auto id = parseThreadId(text);
        QCOMPARE(id.has_value(), valid);
        if (!valid)
            return;
        QTEST(id->process, "process");
        QTEST(id->thread, "thread");
        QCOMPARE(parseThreadId(formatThreadId(*id)), id);
    }

    void parseStopReply_qemuForms_areUnderstood() {
        auto stop = parseStopReply("T05thread:01;");
        QVERIFY(stop);
        QCOMPARE(stop->number, 5);
        QCOMPARE(stop->thread.thread, 1);
        stop = parseStopReply("T05thread:02;awatch:ffffffff82001000;");
        QVERIFY(stop);
        QVERIFY(stop->reason == StopReason::accessWatchpoint);
        QCOMPARE(stop->watchAddress, 0xffffffff82001000ull);
        stop = parseStopReply("T05swbreak:;10:f0ff000000000000;library:;thread:p1.2;futureWord:x;");
        QVERIFY(stop);
        QVERIFY(stop->reason == StopReason::softwareBreakpoint);
        QCOMPARE(stop->registers.size(), 1);
        QCOMPARE(stop->registers[0].first, 16);
        QCOMPARE(stop->registers[0].second.toHex(), QByteArray("f0ff000000000000"));
        QVERIFY(parseStopReply("W00")->kind == StopReply::Kind::exited);
        QVERIFY(parseStopReply("X09;process:1")->kind == StopReply::Kind::killed);
    }

    void parseStopReply_broken_isError_data() {
        QTest::addColumn<QByteArray>("payload");
        for (const char *bad :
             {"", "T", "T0", "Tzz", "OK", "T05thread:x;", "T05watch:;", "T0510:abc;", "T05thread;"})
            QTest::newRow(bad) << QByteArray(bad);
    }

    void parseStopReply_broken_isError() {
        QFETCH(QByteArray, payload);
        QVERIFY(!parseStopReply(payload));
    }

    void parseThreadList_forms_areUnderstood() {
        QCOMPARE(parseThreadList("l")->size(), 0);
        const auto threads = parseThreadList("m01,p1.2");
        QVERIFY(threads);
        QCOMPARE(threads->size(), 2);
        QVERIFY(!parseThreadList("m"));
        QVERIFY(!parseThreadList("01"));
    }

    void parseFeatures_ofQemu_areUnderstood() {
        const Features features =
            parseFeatures("PacketSize=1000;qXfer:features:read+;vContSupported+;multiprocess-");
        QCOMPARE(features.packetSize, 4096);
        QVERIFY(features.readsTargetDescription);
        QVERIFY(!features.has("multiprocess"));
        QCOMPARE(parseFeatures("PacketSize=ffffffffffffffff").packetSize, 1 << 20);
    }

    void describeRegisters_withInclude_numbersOverBoth() {
        const auto layout = describeRegisters(targetXml, [](const QString &name) {
            return name == u"core.xml"_s ? app::Result<QByteArray>(coreXml)
                                         : app::Result<QByteArray>(app::failure(u"none"_s, name));
        });
        QVERIFY2(layout, layout ? "" : qPrintable(layout.error().text()));
        QCOMPARE(layout->architecture, u"i386:x86-64"_s);
        QCOMPARE(layout->packetBytes, 8 + 8 + 4 + 10 + 4);
        QCOMPARE(layout->find(u"eflags")->offset, 16);
        QCOMPARE(layout->find(u"mxcsr")->number, 4);
        QVERIFY(!layout->find(u"xmm0"));
    }

    void describeRegisters_hostile_isError_data() {
        QTest::addColumn<QByteArray>("xml");
        QTest::newRow("nothing") << QByteArray();
        QTest::newRow("no registers") << QByteArray("<target/>");
        QTest::newRow("not closed") << QByteArray("<target><reg name='a' bitsize='8'/>");
        QTest::newRow("no size") << QByteArray("<target><reg name='a'/></target>");
        QTest::newRow("huge size") << QByteArray("<target><reg name='a' bitsize='99999999'/></target>");
        QTest::newRow("negative number")
            << QByteArray("<target><reg name='a' bitsize='8' regnum='-5'/></target>");
        QTest::newRow("same number twice") << QByteArray(
            "<target><reg name='a' bitsize='8'/><reg name='b' bitsize='8' regnum='0'/></target>");
        QTest::newRow("includes itself") << QByteArray("<target><xi:include href='target.xml'/></target>");
        QTest::newRow("entities") << QByteArray(
            "<!DOCTYPE t [<!ENTITY a 'xxxxxxxxxxxxxxxx'><!ENTITY b '&a;&a;&a;&a;'>]>"
            "<target><architecture>&b;&b;&b;</architecture></target>");
        QTest::newRow("too long") << QByteArray(2 << 20, ' ');
    }

    void describeRegisters_hostile_isError() {
        QFETCH(QByteArray, xml);
        QVERIFY(!describeRegisters(xml, [&](const QString &) { return app::Result<QByteArray>(xml); }));
    }

    void parseDescription_cutAnywhere_neverCrashes() {
        const QByteArray xml(targetXml);
        for (qsizetype size = 0; size < xml.size() - 1; ++size)
            QVERIFY(!parseDescription(xml.first(size)));
    }
};

QTEST_GUILESS_MAIN(TestRsp)
#include "tst_rsp.moc"
