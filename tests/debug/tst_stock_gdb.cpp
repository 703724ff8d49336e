// SPDX-License-Identifier: GPL-2.0-or-later
//
// Stock gdb at our endpoint, with a real enclave behind it: it must see what our own target sees, in every
// mode of the CPU, alone and together with others.
#include "tests/debug/debug_bench.hpp"

#include <csignal>
#include <QProcess>
#include <QStandardPaths>
#include <QtEndian>

using namespace nitroscope;
using namespace nitroscope::app;
using nitroscope::test::DebugBench;
using nitroscope::test::Guest;

namespace {

// Starts gdb and lets the event loop, which serves it, run on until it has ended.
struct Gdb {
    QProcess process;

    explicit Gdb(const QStringList &arguments) {
        process.setProcessChannelMode(QProcess::MergedChannels);
        process.start(QStringLiteral("gdb"),
                      QStringList{QStringLiteral("-q"), QStringLiteral("-nx")} + arguments);
    }
    ~Gdb() {
        process.kill();
        process.waitForFinished(5000);
    }
    bool ends() {
        return QTest::qWaitFor([&] { return process.state() == QProcess::NotRunning; }, DebugBench::patience);
    }
    bool says(const QByteArray &text) {
        const bool said = QTest::qWaitFor(
            [&] {
                output += process.readAll();
                return output.contains(text);
            },
            DebugBench::patience);
        if (!said)
            qWarning() << "gdb said" << output.right(1500);
        return said;
    }
    void type(const QByteArray &line) {
        output.clear();
        process.write(line + '\n');
    }
    QByteArray output;
};

QString runGdb(const QString &socket, const QStringList &commands, const QStringList &before = {}) {
    QStringList arguments{QStringLiteral("-batch"), QStringLiteral("-ex"),
                          QStringLiteral("set pagination off")};
    for (const QString &command : before + QStringList{QStringLiteral("target remote ") + socket} + commands)
        arguments << QStringLiteral("-ex") << command;
    Gdb gdb(arguments + QStringList{QStringLiteral("-ex"), QStringLiteral("disconnect")});
    if (!gdb.ends())
        return {};
    return QString::fromUtf8(gdb.process.readAll());
}

QString hex(quint64 number) {
    return QStringLiteral("0x") + QString::number(number, 16);
}

} // namespace

class TestStockGdb : public QObject {
    Q_OBJECT

private slots:
    void initTestCase() {
        if (Guest::qemu().isEmpty() || Guest::demoEif().isEmpty())
            QSKIP("QEMU or the demo enclave has not been built: ./workbench build");
        if (QStandardPaths::findExecutable(QStringLiteral("gdb")).isEmpty())
            QSKIP("gdb is not installed");
    }

    void disassembly_fitsTheMode_atEveryStop() {
        DebugBench bench;
        QVERIFY(bench.start());
        QString said = runGdb(bench.socket, {QStringLiteral("show architecture"), QStringLiteral("x/i $pc"),
                                             QStringLiteral("p/x $cs"), QStringLiteral("x/2xb $pc")});
        QVERIFY2(said.contains(QStringLiteral("i8086")), qPrintable(said));
        QVERIFY2(said.contains(QStringLiteral("ljmp   $0xf000")), qPrintable(said));
        QVERIFY2(said.contains(QStringLiteral("0xfffffff0")), qPrintable(said));

        const auto entry32 = bench.target()->symbols()->address(QStringLiteral("entry32"));
        QVERIFY(entry32.has_value());
        auto stop = bench.stopAfter([&] { bench.target()->runTo(*entry32); });
        QVERIFY(stop && stop->segment.mode == CpuMode::bits32);
        said = runGdb(bench.socket, {QStringLiteral("show architecture"), QStringLiteral("x/2i $pc")});
        QVERIFY2(said.contains(QStringLiteral("\"i386\"")), qPrintable(said));
        QVERIFY2(said.contains(QStringLiteral("mov    $0x18,%ax")), qPrintable(said));

        for (const BootPoint point :
             {BootPoint::firmwareEntry, BootPoint::kernelEntry, BootPoint::kernelUnpacked}) {
            stop = bench.runTo(point);
            QVERIFY(stop && stop->segment.mode == CpuMode::bits64);
            said = runGdb(bench.socket, {QStringLiteral("show architecture"), QStringLiteral("x/4i $pc")});
            QVERIFY2(said.contains(QStringLiteral("i386:x86-64")), qPrintable(said));
            QVERIFY2(!said.contains(QStringLiteral("(bad)")) && said.contains(hex(stop->pc)),
                     qPrintable(said));
        }
    }

    void registersMemoryBacktrace_areTheSame() {
        const QString vmlinux = QFileInfo(Guest::demoEif()).absolutePath() + QStringLiteral("/vmlinux");
        DebugBench bench;
        QVERIFY(bench.start());
        QVERIFY(bench.runTo(BootPoint::initcallLevel));
        const auto stop =
            bench.stopAfter([&] { bench.target()->step(); }); // its frame is not set up yet; after it:
        QVERIFY(stop);
        const quint64 slide = bench.target()->kernelSlide().value_or(0);
        QStringList before;
        if (QFileInfo::exists(vmlinux))
            before << QStringLiteral("symbol-file %1 -o %2").arg(vmlinux, hex(slide));
        const QString said =
            runGdb(bench.socket,
                   {QStringLiteral("p/x (long)$rip"), QStringLiteral("p/x $rsp"), QStringLiteral("p/x $rbp"),
                    QStringLiteral("p/x $rax"), QStringLiteral("p/x $r15"), QStringLiteral("p/x $cs"),
                    QStringLiteral("p/x $eflags"), QStringLiteral("p/x $cr3"), QStringLiteral("p/x $cr0"),
                    QStringLiteral("x/8gx $rsp"), QStringLiteral("x/16xb $pc"), QStringLiteral("bt")},
                   before);
        QStringList values;
        for (const QString &line : said.split(u'\n'))
            if (line.startsWith(u'$'))
                values << line.section(QStringLiteral(" = "), 1);
        QStringList expected;
        for (const char *name : {"rip", "rsp", "rbp", "rax", "r15", "cs", "eflags", "cr3", "cr0"})
            expected << hex(bench.value(u'$' + QString::fromLatin1(name)).value_or(0));
        // gdb shows flags registers by their bits.
        for (const int flags : {6, 7, 8})
            if (values.value(flags).startsWith(u'['))
                values[flags] = expected[flags];
        QVERIFY2(values == expected, qPrintable(said + QStringLiteral("\nexpected ") + expected.join(u' ')));

        const QByteArray stack =
            bench.memory(AddressSpace::guestVirtual, bench.value(QStringLiteral("$rsp")).value_or(0), 64);
        QCOMPARE(stack.size(), 64);
        for (int at = 0; at < 64; at += 8)
            QVERIFY2(said.contains(QStringLiteral("0x%1").arg(
                         qFromLittleEndian<quint64>(stack.constData() + at), 16, 16, QLatin1Char('0'))),
                     qPrintable(said));
        if (before.isEmpty())
            QSKIP("build/demo/vmlinux is not there; backtraces were not compared");
        QVector<DebugFrame> frames;
        bool isDone = false;
        connect(bench.target(), &DebugTarget::framesRead, this,
                [&](quint64, quint64, const QVector<DebugFrame> &read) {
                    frames = read;
                    isDone = true;
                });
        bench.target()->readFrames(stop->thread, 16);
        QVERIFY(bench.wait([&] { return isDone; }));
        QVERIFY(frames.size() >= 4);
        qsizetype at = 0;
        for (const DebugFrame &frame : frames) {
            if (frame.isInline || frame.place.isEmpty())
                continue;
            const QString name = frame.place.section(u'+', 0, 0);
            const qsizetype found = said.indexOf(name, at);
            QVERIFY2(found >= 0, qPrintable(name + QStringLiteral(" is missing in ") + said));
            at = found;
        }
    }

    void breakpointsOfAll_areHit_andAKilledGdbLeavesNone() {
        DebugBench bench;
        QVERIFY(bench.start());
        QVERIFY(bench.runTo(BootPoint::kernelUnpacked));
        const auto start = bench.target()->symbols()->address(QStringLiteral("start_kernel"));
        const auto init = bench.target()->symbols()->address(QStringLiteral("do_one_initcall"));
        QVERIFY(start && init);

        Gdb first({}), second({});
        for (Gdb *gdb : {&first, &second}) {
            gdb->type("set pagination off");
            gdb->type("target remote " + bench.socket.toUtf8());
            QVERIFY(gdb->says("in ??"));
        }
        first.type("hbreak *" + hex(*start).toUtf8());
        QVERIFY(first.says("reakpoint 1"));
        second.type("break *" + hex(*init).toUtf8());
        QVERIFY(second.says("reakpoint 1"));
        const qsizetype before = bench.stops.size();
        first.type("continue");
        QVERIFY(first.says("Breakpoint 1, "));
        QCOMPARE(bench.stops.size(), before + 1); // the window saw the same stop
        QCOMPARE(bench.stops.last().pc, *start);

        // One gdb dies while the target runs; the other one and the window go on.
        first.type("continue");
        QVERIFY(first.says("Continuing"));
        ::kill(pid_t(first.process.processId()), SIGKILL);
        second.type("continue");
        QVERIFY(second.says("Breakpoint 1, "));
        QVERIFY(bench.wait([&] { return bench.target()->state() == DebugTarget::State::stopped; }));
        QCOMPARE(bench.stops.last().pc, *init);
        // Only the second one's is left.
        ::kill(pid_t(second.process.processId()), SIGKILL);
        QVERIFY(second.ends());
        bench.target()->resume();
        QVERIFY(bench.wait([&] { return bench.console.contains("ready"); }));
        QVERIFY(bench.target()->state() == DebugTarget::State::running);
        QCOMPARE(bench.session.state(), EnclaveSession::State::running);
        // The window's own pause and resume go the same way.
        bench.session.pause();
        QVERIFY(bench.wait([&] { return bench.session.state() == EnclaveSession::State::paused; }));
        bench.session.resume();
        QVERIFY(bench.wait([&] { return bench.session.state() == EnclaveSession::State::running; }));
    }

    void monitor_answersOfOurOwn() {
        DebugBench bench;
        QVERIFY(bench.start());
        QString said =
            runGdb(bench.socket, {QStringLiteral("monitor help"), QStringLiteral("monitor stages"),
                                  QStringLiteral("monitor symbols"), QStringLiteral("monitor quit")});
        QVERIFY2(said.contains(QStringLiteral("start-kernel")), qPrintable(said));
        QVERIFY2(said.contains(QStringLiteral("symbol-file ")), qPrintable(said));
        QVERIFY(bench.runTo(BootPoint::applicationFirst));
        said =
            runGdb(bench.socket, {QStringLiteral("monitor tasks"), QStringLiteral("monitor info version")});
        QVERIFY2(said.contains(QStringLiteral("demo-app")), qPrintable(said));
        QVERIFY2(said.contains(QStringLiteral("10.0")), qPrintable(said)); // it lives
        said = runGdb(bench.socket, {QStringLiteral("monitor dmesg")});
        QVERIFY2(said.contains(QStringLiteral("Linux version 6.")), qPrintable(said));
    }

    void commandLine_dropsIntoGdb_withSymbols_data() {
        QTest::addColumn<QStringList>("options");
        QTest::addColumn<QString>("expected");
        QTest::newRow("default") << QStringList{QStringLiteral("-ex"), QStringLiteral("continue"),
                                                QStringLiteral("-ex"), QStringLiteral("info symbol $pc")}
                                 << QStringLiteral("start_kernel");
        QTest::newRow("init") << QStringList{QStringLiteral("--stop-at"),   QStringLiteral("init"),
                                             QStringLiteral("--cpu-count"), QStringLiteral("2"),
                                             QStringLiteral("-ex"),         QStringLiteral("p/x $cs & 3")}
                              << QStringLiteral("= 0x3");
        QTest::newRow("reset") << QStringList{QStringLiteral("--stop-at"), QStringLiteral("reset"),
                                              QStringLiteral("-ex"), QStringLiteral("x/i $pc")}
                               << QStringLiteral("ljmp   $0xf000");
        QTest::newRow("firmware") << QStringList{QStringLiteral("--stop-at"), QStringLiteral("firmware"),
                                                 QStringLiteral("-ex"), QStringLiteral("info symbol $pc")}
                                  << QStringLiteral("entry64 in section");
    }

    void commandLine_dropsIntoGdb_withSymbols() {
        QFETCH(QStringList, options);
        QFETCH(QString, expected);
        QProcess cli;
        cli.setProcessChannelMode(QProcess::MergedChannels);
        cli.start(qEnvironmentVariable("NITROSCOPE_CLI"),
                  QStringList{QStringLiteral("gdb"), Guest::demoEif()} + options +
                      QStringList{QStringLiteral("-batch")});
        QVERIFY(cli.waitForFinished(DebugBench::patience));
        const QString said = QString::fromUtf8(cli.readAll());
        QVERIFY2(said.contains(expected), qPrintable(said));
        QVERIFY2(cli.exitCode() == 0, qPrintable(said));
    }
};

QTEST_GUILESS_MAIN(TestStockGdb)
#include "tst_stock_gdb.moc"
