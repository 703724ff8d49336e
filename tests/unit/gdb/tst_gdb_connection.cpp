// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a gdb sees at our endpoint: a stub that knows more than QEMU's, and lets nothing through that would
// hurt QEMU or the others.
#include "app/core/arch/x86/registers.hpp"
#include "app/core/arch/x86/x86_64.hpp"
#include "tests/unit/gdb/fake_gdb.hpp"
#include "tests/unit/gdb/fake_stub.hpp"

using namespace nitroscope;
using namespace nitroscope::app;
using namespace Qt::Literals::StringLiterals;
using nitroscope::tests::FakeStub;
using nitroscope::tests::settle;
using Gdb = nitroscope::tests::FakeGdb;

namespace {

struct Bench {
    FakeStub stub;
    std::unique_ptr<GdbBroker> broker;

    void start() {
        broker = std::make_unique<GdbBroker>(&stub.client, arch::x86_64());
        settle();
        stub.heard.clear();
    }
};

} // namespace

class TestGdbConnection : public QObject {
    Q_OBJECT

private slots:
    void attach_getsFeaturesAndTheStop() {
        Bench bench;
        bench.stub.setRegister(16, 0x1122);
        bench.start();
        Gdb gdb(bench.broker.get());
        const QString features = gdb.ask("qSupported:swbreak+;hwbreak+");
        for (const char *name :
             {"QStartNoAckMode+", "qXfer:features:read+", "qXfer:memory-map:read+", "swbreak+"})
            QVERIFY2(features.contains(QLatin1String(name)), name);
        const QString stop = gdb.ask("?");
        QVERIFY2(stop.startsWith(u"T05"_s), qPrintable(stop));
        QVERIFY(stop.contains(u"10:2211000000000000;"_s)); // rip, expedited
        QVERIFY(stop.contains(u"thread:1;"_s));
        QCOMPARE(bench.stub.heard, QStringList()); // `?` would have cost the others their breakpoints
    }

    void dangerousPackets_neverReachQemu_data() {
        QTest::addColumn<QByteArray>("packet");
        for (const char *packet : {"bs", "bc", "R00", "vKill;1", "Qqemu.PhyMemMode:1", "Qqemu.sstep=1", "k",
                                   "!", "qRcmd,71756974" /* quit */, "qRcmd,636f6e74" /* cont */, "vRun", "r",
                                   "d", "t", "QNonStop:1", "vAttach;1", "vFlashErase:0,0"})
            QTest::newRow(packet) << QByteArray(packet);
    }

    void dangerousPackets_neverReachQemu() {
        QFETCH(QByteArray, packet);
        Bench bench;
        bench.start();
        Gdb gdb(bench.broker.get());
        gdb.greet();
        gdb.ask(packet);
        QCOMPARE(bench.stub.heard, QStringList());
    }

    void kill_endsTheConnection_butNotTheEnclave() {
        Bench bench;
        bench.start();
        Gdb gdb(bench.broker.get());
        gdb.ask("Z0,1000,1");
        gdb.ask("k");
        QVERIFY(gdb.closed.has_value() && !*gdb.closed);
        QCOMPARE(bench.stub.heard.last(), u"z0,1000,1"_s);
    }

    void noAckMode_stopsAcknowledging() {
        Bench bench;
        bench.start();
        Gdb gdb(bench.broker.get());
        QCOMPARE(gdb.ask("QStartNoAckMode"), u"OK"_s);
        QCOMPARE(gdb.acknowledged, 1);
        gdb.ask("qC");
        QCOMPARE(gdb.acknowledged, 1);
    }

    void binaryWrite_becomesAPlainOne() {
        Bench bench;
        bench.start();
        Gdb gdb(bench.broker.get());
        QCOMPARE(gdb.ask("X1000,0:"), u"OK"_s); // is it known?
        QCOMPARE(gdb.ask(QByteArray("X1000,4:a}$b", 12)), u"OK"_s);
        QVERIFY(bench.stub.heard.contains(u"M1000,4:617d2462"_s));
    }

    void binaryRead_ofLargeMemory_comesInOnePacket() {
        Bench bench;
        bench.stub.memory[0x1000] = QByteArray(0x1000, 'a');
        bench.start();
        Gdb gdb(bench.broker.get());
        QCOMPARE(gdb.ask("m1000,1000").size(), 0x2000);
        const QString binary = gdb.ask("x1000,1000");
        QVERIFY2(binary.startsWith(u"baaaa"_s), qPrintable(binary.left(10)));
        QCOMPARE(binary.size(), 0x1001);
    }

    void deviceMemory_isNeverRead() {
        Bench bench;
        bench.start();
        Gdb gdb(bench.broker.get());
        for (const char *packet : {"md0000000,4", "mfee00020,4", "Md0000000,1:00", "Mcfffffff,2:0000",
                                   "Xcfffffff,2:aa", "xd0001000,8", "mfec00000,10"})
            QVERIFY2(gdb.ask(packet).startsWith(u'E'), packet);
        QCOMPARE(bench.stub.heard, QStringList());
        gdb.ask("mcfffffff,2"); // what is before it may be read
        QCOMPARE(bench.stub.heard, QStringList{u"mcfffffff,1"_s});
    }

    // Who knows the page tables is asked, with the registers of the CPU that gdb looks at.
    void deviceMemory_mappedElsewhere_isNotReadEither() {
        Bench bench;
        bench.stub.memory[0x7000] = QByteArray(64, 'a');
        bench.stub.setRegister(arch::x86::cr3, 0x1234000);
        bench.start();
        QVector<quint64> roots;
        bench.broker->setMemoryGuard([&](const TargetStop &cpu, quint64 address, quint64 bytes) {
            roots << cpu.value(arch::x86::cr3);
            return address >= 0x7010 ? quint64(0) : qMin(bytes, 0x7010 - address); // a device from there on
        });
        Gdb gdb(bench.broker.get());
        QCOMPARE(gdb.ask("m7008,20").size(), 16);
        QVERIFY(gdb.ask("m7010,1").startsWith(u'E'));
        QVERIFY(gdb.ask("M7008,20:" + QByteArray(64, '0')).startsWith(u'E'));
        bench.stub.setRegister(arch::x86::cr3, 0x5678000);
        gdb.ask("Hg2");
        QVERIFY(gdb.ask("md0000000,4").startsWith(u'E')); // the guard says so
        QCOMPARE(roots, (QVector<quint64>{0x1234000, 0x1234000, 0x1234000, 0x5678000}));
        QCOMPARE(bench.stub.heard, QStringList{u"m7008,8"_s});
    }

    // A program that is not in memory yet is read from its file, of the address space that gdb looks at.
    void unmappedMemory_ofAProgram_isThatOfItsFile() {
        Bench bench;
        bench.stub.setRegister(arch::x86::cr3, 0x1234000);
        bench.start();
        bench.broker->setMemoryGuard([](const TargetStop &, quint64, quint64) { return quint64(0); });
        QVector<GdbBroker::Answer> waiting;
        QVector<quint64> roots;
        bench.broker->setFileBytes(
            [&](const TargetStop &cpu, quint64, quint64, const GdbBroker::Answer &done) {
                roots << cpu.value(arch::x86::cr3);
                waiting << done;
            });
        Gdb gdb(bench.broker.get());
        QCOMPARE(gdb.ask("m401000,4"), u"(none)"_s); // the file is still being looked for
        waiting.takeFirst()("\xf3\x0f\x1e\xfa");
        gdb.read();
        QCOMPARE(gdb.answers, QStringList{u"f30f1efa"_s});
        gdb.ask("x401000,2");
        waiting.takeFirst()("ab");
        gdb.read();
        QCOMPARE(gdb.answers, QStringList{u"bab"_s});
        gdb.ask("m10,4");
        waiting.takeFirst()({});
        gdb.read();
        QVERIFY(gdb.answers.value(0).startsWith(u'E'));
        QCOMPARE(roots, (QVector<quint64>{0x1234000, 0x1234000, 0x1234000}));
        QVERIFY(gdb.ask("M401000,1:00").startsWith(u'E')); // there is nothing that could be written
    }

    void allRegisters_areWrittenOneByOne() {
        Bench bench;
        bench.stub.setRegister(0, 0x11);
        bench.start();
        Gdb gdb(bench.broker.get());
        QByteArray wanted = QByteArray::fromHex(gdb.ask("g").toLatin1());
        wanted[0] = 0x22;
        wanted[8] = 0x33;
        QCOMPARE(gdb.ask("G" + wanted.toHex()), u"OK"_s);
        QCOMPARE(bench.stub.heard.filter(QRegularExpression("^[PG]")),
                 QStringList({"P0=2200000000000000", "P1=3300000000000000"}));
        QCOMPARE(gdb.ask("G0011"), u"E16"_s);
    }

    void registers_in16BitCode_fitTheDescription() {
        Bench bench;
        bench.stub.setRegister(16, 0xfff0);
        bench.stub.setRegister(18, 0xf000);
        bench.stub.setRegister(27, 0x60000010);
        bench.stub.code = "00009b00";
        bench.stub.codeBase = "ffff0000";
        bench.start();
        Gdb gdb(bench.broker.get());
        const QString xml = gdb.ask("qXfer:features:read:target.xml:0,ffff");
        QVERIFY(xml.contains(u"<architecture>i8086</architecture>"_s));
        QVERIFY(gdb.ask("?").contains(u"08:f0ffffff;"_s)); // eip, linear
        const QByteArray all = QByteArray::fromHex(gdb.ask("g").toLatin1());
        QCOMPARE(all.mid(32, 4).toHex(), QByteArray("f0ffffff"));
        QCOMPARE(gdb.ask("P8=00feffff"), u"OK"_s);
        QCOMPARE(bench.stub.heard.last(), u"P10=00fe000000000000"_s);
        QCOMPARE(gdb.ask("p8"), u"00feffff"_s);
    }

    void description_comesInPieces() {
        Bench bench;
        bench.stub.setRegister(27, 0x10);
        bench.stub.code = "00009b00";
        bench.start();
        Gdb gdb(bench.broker.get());
        QString whole;
        for (int at = 0;; at += 0x80) {
            const QString piece =
                gdb.ask("qXfer:features:read:target.xml:" + QByteArray::number(at, 16) + ",80");
            whole += piece.mid(1);
            if (!piece.startsWith(u'm'))
                break;
        }
        QCOMPARE(whole, gdb.ask("qXfer:features:read:target.xml:0,ffff").mid(1));
        QVERIFY(gdb.ask("qXfer:memory-map:read::0,ffff").contains(u"memory-map"_s));
    }

    void twoGdbs_seeTheSameStops_andOneMayDie() {
        Bench bench;
        bench.start();
        auto first = std::make_unique<Gdb>(bench.broker.get());
        Gdb second(bench.broker.get());
        first->greet();
        second.greet();
        QCOMPARE(first->ask("Z0,20,1"), u"OK"_s);
        QCOMPARE(second.ask("Z0,20,1"), u"OK"_s);
        QCOMPARE(second.ask("Z0,30,1"), u"OK"_s);
        bench.stub.path = {0x10, 0x20};
        first->answers.clear();
        first->sayRaw(rsp::encodePacket("vCont;c"));
        QVERIFY(first->answers.value(0).contains(u"swbreak"_s));
        first.reset(); // killed
        settle();
        QVERIFY(bench.stub.breakpoints.contains("0,20,1"));
        bench.stub.path = {0x28, 0x20};
        QVERIFY(second.ask("vCont;c").contains(u"swbreak"_s));
        second.ask("z0,20,1");
        QVERIFY(!bench.stub.breakpoints.contains("0,20,1"));
    }

    void othersBreakpoint_isNoSwbreak() {
        Bench bench;
        bench.start();
        Gdb first(bench.broker.get()), second(bench.broker.get());
        first.greet();
        second.greet();
        first.ask("Z0,20,1");
        bench.stub.path = {0x20};
        const QString stop = second.ask("vCont;c");
        QVERIFY(stop.startsWith(u"T05"_s));
        QVERIFY(!stop.contains(u"swbreak"_s));
    }

    void interrupt_byByteOrPacket_stops() {
        for (const bool byPacket : {false, true}) {
            Bench bench;
            bench.start();
            Gdb gdb(bench.broker.get());
            gdb.greet();
            QCOMPARE(gdb.ask("vCont;c"), u"(none)"_s);
            if (byPacket) {
                const QString answers = gdb.ask("vCtrlC");
                QVERIFY2(answers.contains(u"T02"_s), qPrintable(answers));
            } else {
                gdb.sayRaw("\x03");
                QVERIFY(gdb.answers.value(0).startsWith(u"T02"_s));
            }
        }
    }

    void attach_whileRunning_stops() {
        Bench bench;
        bench.start();
        bench.broker->resume(";c");
        settle();
        Gdb gdb(bench.broker.get());
        gdb.greet();
        QVERIFY(gdb.ask("?").startsWith(u"T02"_s));
        QVERIFY(!bench.stub.isRunning);
    }

    void askedWhileRunning_refuses_andQemuIsLeftAlone() {
        Bench bench;
        bench.start();
        Gdb first(bench.broker.get()), second(bench.broker.get());
        first.ask("vCont;c");
        bench.stub.heard.clear();
        for (const char *packet : {"g", "m0,4", "p10", "P0=00", "X0,1:a", "M0,1:00"})
            QVERIFY(second.ask(packet).startsWith(u'E'));
        QCOMPARE(bench.stub.heard, QStringList());
        QVERIFY(bench.stub.isRunning);
    }

    void monitor_oursAndHarmlessOnes() {
        Bench bench;
        bench.start();
        Gdb gdb(bench.broker.get());
        QCOMPARE(gdb.ask("qRcmd," + QByteArray("stages").toHex()),
                 u"O"_s + QString::fromLatin1(QByteArray("reset\n").toHex()) + "|OK");
        QVERIFY(gdb.ask("qRcmd," + QByteArray("info mtree").toHex())
                    .contains(QString::fromLatin1(QByteArray("said: info mtree").toHex())));
        QVERIFY(!gdb.ask("qRcmd," + QByteArray("system_reset").toHex())
                     .contains(QString::fromLatin1(QByteArray("said").toHex())));
    }

    void monitor_hiddenCommand_isNotPassedOn() {
        Bench bench;
        bench.start();
        Gdb gdb(bench.broker.get());
        for (const char *words : {"info mem\nquit", "info mem;quit", "x /i 0\rstop"})
            QVERIFY2(!gdb.ask("qRcmd," + QByteArray(words).toHex())
                          .contains(QString::fromLatin1(QByteArray("said").toHex())),
                     words);
    }

    // One that takes QEMU half a minute, in which it answers nobody else.
    void monitor_endlessQuery_isNotPassedOn() {
        Bench bench;
        bench.start();
        Gdb gdb(bench.broker.get());
        const auto isPassedOn = [&gdb](const char *words) {
            return gdb.ask("qRcmd," + QByteArray(words).toHex())
                .contains(QString::fromLatin1(QByteArray("said").toHex()));
        };
        for (const char *words : {"xp /20000000xb 0", "xp/4097xb 0", "x /99999999999999999999xg 0",
                                  "x/20000i 0", "info mem", "info  tlb -f", "info mem/x"})
            QVERIFY2(!isPassedOn(words), words);
        for (const char *words : {"xp /4096xb 0", "x /xg 0", "x /8i 0", "info memdev", "info memory-devices"})
            QVERIFY2(isPassedOn(words), words);
    }

    void monitor_division_isNotPassedOn() {
        Bench bench;
        bench.start();
        Gdb gdb(bench.broker.get());
        for (const char *words : {"p 0x8000000000000000/-1", "print 7 % 2", "x /1xb 0x8000000000000000/-1",
                                  "xp/xb 0x8000000000000000%-1"})
            QVERIFY2(!gdb.ask("qRcmd," + QByteArray(words).toHex())
                          .contains(QString::fromLatin1(QByteArray("said").toHex())),
                     words);
    }

    // A few bytes ask for many, and who does not read its answers must not fill our memory.
    void flood_ofOneWhoDoesNotRead_waits() {
        Bench bench;
        bench.stub.memory[0x1000] = QByteArray(0x1000, 'a');
        bench.start();
        Gdb gdb(bench.broker.get());
        gdb.theirs->stalls = true;
        const QByteArray round =
            rsp::encodePacket("m1000,1000") + QByteArray(100, '-'); // and again, and again
        for (int i = 0; i < 100; ++i) {
            gdb.own.write(round);
            settle();
        }
        constexpr qint64 maxKept = 512 * 1024;
        QVERIFY2(gdb.theirs->bytesToWrite() <= maxKept,
                 qPrintable(QString::number(gdb.theirs->bytesToWrite())));
        gdb.theirs->goOn();
        QTRY_COMPARE(gdb.theirs->bytesAvailable(), 0);
        gdb.read();
        QVERIFY(gdb.ask("qC").contains(u"QC"_s));
    }

    // QEMU would drop it without a word, and everybody would wait for the answer.
    void packet_longerThanQemuTakes_isRefusedAndTheRestGoesOn_data() {
        QTest::addColumn<QByteArray>("packet");
        const QByteArray letters(7000, 'A'), digits(7000, '1');
        QTest::newRow("thread's name") << "qThreadExtraInfo," + letters;
        QTest::newRow("is it alive") << "T" + digits;
        QTest::newRow("annex") << "qXfer:features:read:" + letters + ":0,100";
        QTest::newRow("monitor") << "qRcmd," + ("info " + letters.left(3000)).toHex();
        QTest::newRow("resumption") << "vCont" + QByteArray(";c:1").repeated(1500);
    }
    void packet_longerThanQemuTakes_isRefusedAndTheRestGoesOn() {
        QFETCH(QByteArray, packet);
        Bench bench;
        bench.stub.memory[0x1000] = QByteArray(64, 'a');
        bench.start();
        Gdb gdb(bench.broker.get()), other(bench.broker.get());
        gdb.greet();
        QVERIFY(gdb.ask(packet) != u"(none)"_s);
        QVERIFY(bench.stub.longest < 4096);
        QCOMPARE(other.ask("m1000,4"), u"61616161"_s);
    }

    // It came whole by its checksum, so that nobody sends it again: silence would be waited for.
    void packet_thatCannotBeRead_isAnErrorInItsTurn() {
        Bench bench;
        bench.stub.memory[0x1000] = QByteArray(64, 'a');
        bench.start();
        Gdb gdb(bench.broker.get());
        gdb.greet();
        const int before = gdb.acknowledged;
        gdb.answers.clear();
        gdb.sayRaw(rsp::encodePacket("m1000,2") + "$X1000,1:}#2d" + rsp::encodePacket("m1000,1"));
        for (int i = 0; i < 10 && gdb.answers.size() < 3; ++i)
            gdb.read();
        QCOMPARE(gdb.answers, QStringList({u"6161"_s, u"E16"_s, u"61"_s}));
        QCOMPARE(gdb.acknowledged - before, 3);
    }

    // QEMU says nothing: gdb gets an error in time, goes on, and late answers are nobody's.
    void silentStub_isToldToGdb_inTime() {
        Bench bench;
        bench.stub.memory[0x1000] = QByteArray(64, 'a');
        bench.start();
        Gdb gdb(bench.broker.get());
        gdb.ask("qSupported:swbreak+;error-message+");
        gdb.connection->setPatience(50);
        bench.stub.isSilent = true;
        const auto answer = [&](const QByteArray &packet) {
            gdb.ask(packet);
            (void)QTest::qWaitFor(
                [&] {
                    gdb.read();
                    return !gdb.answers.isEmpty();
                },
                5000);
            return gdb.answers.join(u'|');
        };
        for (const char *packet : {"m1000,8", "p0", "P0=1122334455667788", "Z0,1000,1", "X1000,1:a", "T1",
                                   "qXfer:features:read:target.xml:0,100"})
            QVERIFY2(answer(packet).startsWith(u"E.QEMU"_s), packet);
        // It wakes up and answers everything at once: none of it is for gdb.
        bench.stub.isSilent = false;
        gdb.answers.clear();
        for (int i = 0; i < 8; ++i)
            bench.stub.say("OK");
        gdb.read();
        QCOMPARE(gdb.answers, QStringList());
        QCOMPARE(bench.broker->breakpoints().size(), 0);
    }

    // A run is no silence.
    void running_isNotGivenUp() {
        Bench bench;
        bench.start();
        Gdb gdb(bench.broker.get());
        gdb.connection->setPatience(20);
        QCOMPARE(gdb.ask("vCont;c"), u"(none)"_s);
        QVERIFY(!QTest::qWaitFor(
            [&] {
                gdb.read();
                return !gdb.answers.isEmpty();
            },
            200));
        gdb.sayRaw("\x03");
        QVERIFY(gdb.answers.value(0).startsWith(u"T02"_s));
    }

    // The target runs and does not stop for a gdb that attaches.
    void attach_toATargetThatDoesNotStop_isRefused() {
        Bench bench;
        bench.start();
        bench.broker->resume(";c");
        settle();
        bench.stub.isDeaf = true;
        Gdb gdb(bench.broker.get());
        gdb.connection->setPatience(50);
        gdb.ask("?");
        QVERIFY(QTest::qWaitFor(
            [&] {
                gdb.read();
                return !gdb.answers.isEmpty();
            },
            5000));
        QCOMPARE(gdb.answers.first(), u"E01"_s);
    }

    // Killed while a breakpoint of its waits for the target to stop: it leaves none.
    void killedMidCommand_leavesNothing() {
        Bench bench;
        bench.start();
        {
            Gdb gdb(bench.broker.get());
            bench.broker->resume(";c");
            settle();
            bench.stub.isDeaf = true;
            gdb.ask("Z0,1000,1");
            gdb.own.write("$m1000,"); // in the middle of a packet
            gdb.own.hangUp();
            settle();
            QVERIFY(gdb.closed.has_value());
        }
        bench.stub.isDeaf = false;
        bench.stub.stop("T02thread:01;");
        settle();
        QCOMPARE(bench.broker->breakpoints().size(), 0);
        QVERIFY(bench.stub.breakpoints.isEmpty());
        // Likewise while memory is read.
        bench.stub.memory[0x1000] = QByteArray(0x4000, 'a');
        bench.broker->interrupt();
        settle();
        {
            Gdb gdb(bench.broker.get());
            bench.stub.isSilent = true;
            gdb.ask("m1000,1000");
        }
        bench.stub.isSilent = false;
        bench.stub.say("E14");
        settle();
        Gdb next(bench.broker.get());
        QCOMPARE(next.ask("m1000,2"), u"6161"_s);
    }

    void hostileGdb_isSurvived() {
        Bench bench;
        bench.start();
        Gdb gdb(bench.broker.get());
        gdb.greet();
        for (const QByteArray &packet : {QByteArray(),
                                         QByteArray("m"),
                                         QByteArray("m,"),
                                         QByteArray("mffffffffffffffff,ffffffffffffffff"),
                                         QByteArray("X"),
                                         QByteArray("X1"),
                                         QByteArray("X0,5:a"),
                                         QByteArray("M"),
                                         QByteArray("M0,1"),
                                         QByteArray("Z"),
                                         QByteArray("Z9,0,0"),
                                         QByteArray("z0"),
                                         QByteArray("G"),
                                         QByteArray("P"),
                                         QByteArray("Pffffffff=00"),
                                         QByteArray("p"),
                                         QByteArray("pffff"),
                                         QByteArray("H"),
                                         QByteArray("Hg"),
                                         QByteArray("Hgzz"),
                                         QByteArray("vCont;"),
                                         QByteArray("vCont;c:zz"),
                                         QByteArray("vCont;x"),
                                         QByteArray("qXfer:features:read:"),
                                         QByteArray("qXfer:memory-map:read::x"),
                                         QByteArray("qRcmd,"),
                                         QByteArray("qRcmd,zz"),
                                         QByteArray("qThreadExtraInfo,"),
                                         QByteArray("T"),
                                         QByteArray(9000, 'q'),
                                         QByteArray("x"),
                                         QByteArray("x0"),
                                         QByteArray("xffffffffffffffff,ffffffffffffffff")})
            QVERIFY2(gdb.ask(packet) != u"(none)"_s, packet.left(40));
        gdb.sayRaw(QByteArray(100'000, '$'));
        gdb.sayRaw(QByteArray(1000, '-'));
        gdb.sayRaw("$qC#00");
        QVERIFY(gdb.refused > 0);
        QVERIFY(gdb.ask("qC").endsWith(u"QC1"_s));
    }

    void hangUpOfQemu_isToldToAGdbThatWaits() {
        Bench bench;
        bench.start();
        Gdb gdb(bench.broker.get());
        gdb.ask("vCont;c");
        bench.stub.hangUp();
        gdb.read();
        QCOMPARE(gdb.answers, QStringList{"X09"});
        QVERIFY(gdb.closed.has_value());
    }
};

QTEST_GUILESS_MAIN(TestGdbConnection)
#include "tst_gdb_connection.moc"
