// SPDX-License-Identifier: GPL-2.0-or-later
//
// Stock gdb at our endpoint, with a real enclave behind it: it must see what our own target sees, in every
// mode of the CPU, alone and together with others.
#include "app/core/arch/x86/paging.hpp"
#include "app/core/arch/x86/registers.hpp"
#include "app/core/arch/x86/x86_64.hpp"
#include "app/proto/rsp/framing.hpp"
#include "app/proto/rsp/target_description.hpp"
#include "tests/debug/debug_bench.hpp"

#include <csignal>
#include <QLocalSocket>
#include <QProcess>
#include <QStandardPaths>
#include <QtEndian>

using namespace nitroscope;
using namespace nitroscope::app;
using namespace Qt::Literals::StringLiterals;
using nitroscope::test::DebugBench;
using nitroscope::test::Guest;

namespace {

// Starts gdb and lets the event loop, which serves it, run on until it has ended.
struct Gdb {
    QProcess process;

    explicit Gdb(const QStringList &arguments) {
        process.setProcessChannelMode(QProcess::MergedChannels);
        process.start(u"gdb"_s, QStringList{u"-q"_s, u"-nx"_s} + arguments);
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
    QStringList arguments{u"-batch"_s, u"-ex"_s, u"set pagination off"_s};
    for (const QString &command : before + QStringList{u"target remote "_s + socket} + commands)
        arguments << u"-ex"_s << command;
    Gdb gdb(arguments + QStringList{u"-ex"_s, u"disconnect"_s});
    if (!gdb.ends())
        return {};
    return QString::fromUtf8(gdb.process.readAll());
}

QString hex(quint64 number) {
    return u"0x"_s + QString::number(number, 16);
}

// A document of the target description, as a gdb gets it at our endpoint.
QByteArray description(QLocalSocket &gdb, const QByteArray &name) {
    rsp::Framer framer{rsp::Writer::stub};
    QByteArray document;
    for (bool isMore = true; isMore;) {
        gdb.write(rsp::encodePacket("qXfer:features:read:" + name + ':' +
                                    QByteArray::number(qlonglong(document.size()), 16) + ",7ff"));
        std::optional<QByteArray> piece;
        const bool hasCome = QTest::qWaitFor(
            [&] {
                for (const auto &item : framer.feed(gdb.readAll()))
                    if (item && item->kind == rsp::Item::Kind::packet)
                        piece = item->payload;
                return piece.has_value();
            },
            DebugBench::patience);
        if (!hasCome || (!piece->startsWith('m') && !piece->startsWith('l')))
            return {};
        gdb.write("+");
        isMore = piece->startsWith('m');
        document += piece->sliced(1);
    }
    return document;
}

} // namespace

class TestStockGdb : public QObject {
    Q_OBJECT

private slots:
    void initTestCase() {
        if (Guest::qemu().isEmpty() || Guest::demoEif().isEmpty())
            QSKIP("QEMU or the demo enclave has not been built: ./workbench build");
        if (QStandardPaths::findExecutable(u"gdb"_s).isEmpty())
            QSKIP("gdb is not installed");
    }

    void disassembly_fitsTheMode_atEveryStop() {
        DebugBench bench;
        QVERIFY(bench.start());
        QString said =
            runGdb(bench.socket, {u"show architecture"_s, u"x/i $pc"_s, u"p/x $cs"_s, u"x/2xb $pc"_s});
        QVERIFY2(said.contains(u"i8086"_s), qPrintable(said));
        QVERIFY2(said.contains(u"ljmp   $0xf000"_s), qPrintable(said));
        QVERIFY2(said.contains(u"0xfffffff0"_s), qPrintable(said));

        const auto entry32 = bench.target()->symbols()->address(u"entry32"_s);
        QVERIFY(entry32.has_value());
        auto stop = bench.stopAfter([&] { bench.target()->runTo(*entry32); });
        QVERIFY(stop && stop->segment.mode == CpuMode::bits32);
        said = runGdb(bench.socket, {u"show architecture"_s, u"x/2i $pc"_s});
        QVERIFY2(said.contains(u"\"i386\""_s), qPrintable(said));
        QVERIFY2(said.contains(u"mov    $0x18,%ax"_s), qPrintable(said));

        for (const BootPoint point :
             {BootPoint::firmwareEntry, BootPoint::kernelEntry, BootPoint::kernelUnpacked}) {
            stop = bench.runTo(point);
            QVERIFY(stop && stop->segment.mode == CpuMode::bits64);
            said = runGdb(bench.socket, {u"show architecture"_s, u"x/4i $pc"_s});
            QVERIFY2(said.contains(u"i386:x86-64"_s), qPrintable(said));
            QVERIFY2(!said.contains(u"(bad)"_s) && said.contains(hex(stop->pc)), qPrintable(said));
        }
    }

    void registersMemoryBacktrace_areTheSame() {
        const QString vmlinux = QFileInfo(Guest::demoEif()).absolutePath() + u"/vmlinux"_s;
        DebugBench bench;
        QVERIFY(bench.start());
        QVERIFY(bench.runTo(BootPoint::initcallLevel));
        const auto stop =
            bench.stopAfter([&] { bench.target()->step(); }); // its frame is not set up yet; after it:
        QVERIFY(stop);
        const quint64 slide = bench.target()->kernelSlide().value_or(0);
        QStringList before;
        if (QFileInfo::exists(vmlinux))
            before << u"symbol-file %1 -o %2"_s.arg(vmlinux, hex(slide));
        const QString said = runGdb(bench.socket,
                                    {u"p/x (long)$rip"_s, u"p/x $rsp"_s, u"p/x $rbp"_s, u"p/x $rax"_s,
                                     u"p/x $r15"_s, u"p/x $cs"_s, u"p/x $eflags"_s, u"p/x $cr3"_s,
                                     u"p/x $cr0"_s, u"x/8gx $rsp"_s, u"x/16xb $pc"_s, u"bt"_s},
                                    before);
        QStringList values;
        for (const QString &line : said.split(u'\n'))
            if (line.startsWith(u'$'))
                values << line.section(u" = "_s, 1);
        QStringList expected;
        for (const char *name : {"rip", "rsp", "rbp", "rax", "r15", "cs", "eflags", "cr3", "cr0"})
            expected << hex(bench.value(u'$' + QString::fromLatin1(name)).value_or(0));
        // gdb shows flags registers by their bits.
        for (const int flags : {6, 7, 8})
            if (values.value(flags).startsWith(u'['))
                values[flags] = expected[flags];
        QVERIFY2(values == expected, qPrintable(said + u"\nexpected "_s + expected.join(u' ')));

        const QByteArray stack =
            bench.memory(AddressSpace::guestVirtual, bench.value(u"$rsp"_s).value_or(0), 64);
        QCOMPARE(stack.size(), 64);
        for (int at = 0; at < 64; at += 8)
            QVERIFY2(said.contains(u"0x%1"_s.arg(qFromLittleEndian<quint64>(stack.constData() + at), 16, 16,
                                                 QLatin1Char('0'))),
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
            QVERIFY2(found >= 0, qPrintable(name + u" is missing in "_s + said));
            at = found;
        }
    }

    void description_ofQemusCpu_isOurTable() {
        DebugBench bench;
        QVERIFY(bench.start());
        QVERIFY(bench.runTo(BootPoint::kernelEntry)); // in 64-bit code
        QLocalSocket gdb;
        gdb.connectToServer(bench.socket);
        QVERIFY(bench.wait([&] { return gdb.state() == QLocalSocket::ConnectedState; }));
        const auto described = rsp::describeRegisters(
            description(gdb, "target.xml"),
            [&](const QString &name) -> Result<QByteArray> { return description(gdb, name.toUtf8()); });
        QVERIFY2(described, described ? "" : qPrintable(described.error().text()));
        const arch::RegisterTable &table = bench.target()->architecture().registers;
        QCOMPARE(described->architecture, u"i386:x86-64"_s);
        QCOMPARE(described->packetBytes, table.packetBytes);
        QCOMPARE(described->registers.size(), qsizetype(table.count()));
        for (const rsp::RegisterEntry &one : described->registers) {
            QCOMPARE(one.name, QString::fromLatin1(table.at(one.number)->name));
            QCOMPARE(one.bytes(), table.bytes(one.number));
            QCOMPARE(one.offset, table.offset(one.number));
        }
    }

    // A CPU that is not the one that stopped: registers and stack are those that gdb sees of it.
    void everyCpu_registersAndBacktrace_areTheSame() {
        const QString vmlinux = QFileInfo(Guest::demoEif()).absolutePath() + u"/vmlinux"_s;
        if (!QFileInfo::exists(vmlinux))
            QSKIP("build/demo/vmlinux is not there");
        DebugBench bench;
        QVERIFY(bench.start({}, 2));
        QVERIFY(bench.runTo(BootPoint::applicationFirst));
        const auto stop = bench.stopInApplicationsWrite();
        QVERIFY(stop);
        const quint64 slide = bench.target()->kernelSlide().value_or(0);
        const QString said =
            runGdb(bench.socket,
                   {u"thread apply all -ascending printf \"rip %#lx rsp %#lx rbx %#lx cr3 %#lx\\n\", "
                    "(long)$rip, (long)$rsp, (long)$rbx, (long)$cr3"_s,
                    u"thread apply all -ascending bt"_s},
                   {u"symbol-file %1 -o %2"_s.arg(vmlinux, hex(slide))});
        const qsizetype backtraces = said.indexOf(u"#0 "_s);
        QVERIFY2(backtraces > 0, qPrintable(said));
        for (const qint64 thread : {qint64(1), qint64(2)}) {
            const QByteArray raw = bench.registers(thread);
            QCOMPARE(raw.size(), arch::x86::table.packetBytes);
            const auto field = [&raw](int number) {
                return hex(qFromLittleEndian<quint64>(raw.constData() + arch::x86::table.offset(number)));
            };
            const QString line = u"rip %1 rsp %2 rbx %3 cr3 %4"_s
                                     .arg(field(arch::x86::rip), field(arch::x86::rsp), field(arch::x86::rbx),
                                          field(arch::x86::cr3))
                                     .replace(u"rbx 0x0 "_s, u"rbx 0 "_s); // printf's %#lx
            QVERIFY2(said.contains(line), qPrintable(line + u" is missing in "_s + said));

            // gdb's part for this thread.
            qsizetype at = said.indexOf(u"\nThread %1 "_s.arg(thread), said.lastIndexOf(u"\nThread 1 "_s));
            QVERIFY2(at >= 0, qPrintable(said));
            const qsizetype end = said.indexOf(u"\nThread "_s, at + 1);
            const QString part = said.mid(at, end < 0 ? -1 : end - at);
            const QVector<DebugFrame> frames = bench.frames(thread);
            QVERIFY2(frames.size() >= 4, qPrintable(part));
            at = 0;
            int compared = 0;
            for (const DebugFrame &frame : frames) {
                if (frame.isInline || frame.place.isEmpty() || frame.isUser)
                    continue;
                const QString name = frame.place.section(u'+', 0, 0);
                const qsizetype found = part.indexOf(name, at);
                // What gdb cannot unwind, it does not show.
                if (found < 0 && (part.contains(u"Backtrace stopped"_s) || part.contains(u" ?? ("_s)))
                    break;
                QVERIFY2(found >= 0, qPrintable(name + u" is missing in "_s + part));
                at = found;
                ++compared;
            }
            QVERIFY2(compared >= 3, qPrintable(part));
        }
        // Looked at, it is what expressions and memory are about.
        const qint64 other = 3 - stop->thread;
        const auto before = bench.value(u"$rsp"_s);
        QSignalSpy changes(bench.target(), &DebugTarget::targetChanged);
        bench.target()->selectThread(other);
        QVERIFY(bench.wait([&] { return changes.count() > 0; }));
        QCOMPARE(bench.target()->currentThread(), other);
        for (const DebugThread &thread : bench.target()->threads())
            QCOMPARE(thread.isCurrent, thread.id == other);
        const auto after = bench.value(u"$rsp"_s);
        QVERIFY(before && after && *before != *after);
        QCOMPARE(hex(*after), hex(qFromLittleEndian<quint64>(bench.registers(other).constData() +
                                                             arch::x86::table.offset(arch::x86::rsp))));
        QVERIFY(!bench.memory(AddressSpace::guestVirtual, *after, 8).isEmpty());
        // Its registers are written, and it stays the one that is looked at.
        const qsizetype stops = bench.stops.size();
        bench.target()->writeRegister(other, 12, QByteArray::fromHex("8877665544332211"));
        QVERIFY(bench.wait([&] { return bench.stops.size() > stops && changes.count() > 2; }));
        QCOMPARE(bench.target()->currentThread(), other);
        QCOMPARE(bench.value(u"$r12"_s).value_or(0), quint64(0x1122334455667788));
        QVERIFY(bench.registers(stop->thread) != bench.registers(other));
        bench.target()->selectThread(stop->thread);
        QCOMPARE(bench.value(u"$rsp"_s), before);
    }

    // Devices are where the page tables put them, and nobody reads them by accident.
    void deviceRegisters_whereverMapped_areNotRead() {
        DebugBench bench;
        QVERIFY(bench.start());
        QVERIFY(bench.runTo(BootPoint::firmwareEntry)); // memory is mapped to itself
        QString said = runGdb(bench.socket, {u"x/wx 0xd0000000"_s, u"x/wx 0xfee00020"_s, u"x/4bx $pc"_s});
        QVERIFY2(said.count(u"Cannot access memory"_s) == 2, qPrintable(said));
        QVERIFY(bench.runTo(BootPoint::applicationFirst));
        // The kernel has mapped the local APIC in its fixmap, and virtio-mmio by ioremap.
        const guest::PhysicalMemory &ram = *bench.target()->physicalMemory();
        const auto cr3 = bench.value(u"$cr3"_s);
        QVERIFY(cr3.has_value());
        const guest::VirtualMemory kernel(ram, {arch::x86::PagingModes::levels4, *cr3});
        quint64 apic = 0;
        for (quint64 page = 0xffffffffff000000; page != 0 && apic == 0; page += 4096)
            if (const auto place = kernel.translate(page); place && place->physical == 0xfee00000)
                apic = page;
        quint64 virtio = 0;
        for (quint64 page = bench.value(u"*vmalloc_base"_s).value_or(0xffffc90000000000), i = 0;
             i < 16384 && virtio == 0; ++i, page += 4096)
            if (const auto place = kernel.translate(page);
                place && (place->physical == 0xd0000000 || place->physical == 0xd0001000))
                virtio = page;
        qInfo() << "local APIC at" << hex(apic) << "virtio-mmio at" << hex(virtio);
        QVERIFY(virtio != 0);
        QStringList commands{u"x/wx %1"_s.arg(hex(virtio)), u"set *(int*)%1 = 1"_s.arg(hex(virtio)),
                             u"x/2gx $sp"_s};
        if (apic)
            commands.prepend(u"x/wx %1"_s.arg(hex(apic + 0x20)));
        said = runGdb(bench.socket, commands);
        QVERIFY2(said.count(u"Cannot access memory"_s) == (apic ? 3 : 2), qPrintable(said));
        // The address where the firmware had it is nothing of the kernel's, or memory of a program.
        QVERIFY(bench.memory(AddressSpace::guestVirtual, virtio, 4).isEmpty());
        // The ROM is memory, physically and only of a stopped machine.
        QCOMPARE(bench.memory(AddressSpace::guestPhysical, 0xfffffff0, 1), QByteArray("\xea"));
    }

    void breakpointsOfAll_areHit_andAKilledGdbLeavesNone() {
        DebugBench bench;
        QVERIFY(bench.start());
        QVERIFY(bench.runTo(BootPoint::kernelUnpacked));
        const auto start = bench.target()->symbols()->address(u"start_kernel"_s);
        const auto init = bench.target()->symbols()->address(u"do_one_initcall"_s);
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

    // The port on the loopback interface, for IDEs; a gdb that is killed while it reads takes nothing with
    // it.
    void loopbackPort_serves_andAKilledReaderDoesNoHarm() {
        DebugBench bench;
        bench.gdbPort = 0; // the system chooses
        QVERIFY(bench.start());
        static const QRegularExpression said(u"target remote :(\\d+)"_s);
        QString port;
        for (const QString &line : bench.log)
            if (const auto match = said.match(line); match.hasMatch())
                port = match.captured(1);
        QVERIFY2(!port.isEmpty(), qPrintable(bench.log.join(u'\n')));
        QVERIFY(bench.runTo(BootPoint::startKernel));
        QString shown = runGdb(u":"_s + port, {u"p/x (long)$rip"_s});
        QVERIFY2(shown.contains(hex(bench.target()->stop()->pc)), qPrintable(shown));
        {
            Gdb reader({});
            reader.type("target remote :" + port.toLatin1());
            QVERIFY(reader.says("in ??"));
            reader.type("hbreak *0x1000");
            QVERIFY(reader.says("reakpoint 1"));
            reader.type("dump binary memory /dev/null 0x1000000 0x9000000"); // 128 MiB
            QVERIFY(!QTest::qWaitFor([&] { return reader.process.state() == QProcess::NotRunning; }, 300));
            ::kill(pid_t(reader.process.processId()), SIGKILL);
            QVERIFY(reader.ends());
        }
        shown = runGdb(u":"_s + port, {u"p/x (long)$rip"_s, u"x/4bx $pc"_s});
        QVERIFY2(shown.contains(hex(bench.target()->stop()->pc)), qPrintable(shown));
        QVERIFY(bench.value(u"$rip"_s) == bench.target()->stop()->pc);
        bench.target()->resume();
        QVERIFY(bench.wait([&] { return bench.console.contains("ready"); }));
    }

    void monitor_answersOfOurOwn() {
        DebugBench bench;
        QVERIFY(bench.start());
        QString said = runGdb(
            bench.socket, {u"monitor help"_s, u"monitor stages"_s, u"monitor symbols"_s, u"monitor quit"_s});
        QVERIFY2(said.contains(u"start-kernel"_s), qPrintable(said));
        QVERIFY2(said.contains(u"symbol-file "_s), qPrintable(said));
        QVERIFY(bench.runTo(BootPoint::applicationFirst));
        said = runGdb(bench.socket, {u"monitor tasks"_s, u"monitor info version"_s});
        QVERIFY2(said.contains(u"demo-app"_s), qPrintable(said));
        QVERIFY2(said.contains(u"10.0"_s), qPrintable(said)); // it lives
        said = runGdb(bench.socket, {u"monitor dmesg"_s});
        QVERIFY2(said.contains(u"Linux version 6."_s), qPrintable(said));
    }

    // Nothing of a program is in memory before its first instruction is executed.
    void firstInstruction_notInMemory_isThatOfTheFile_data() {
        QTest::addColumn<int>("point");
        QTest::addColumn<QString>("program");
        QTest::newRow("init") << int(BootPoint::initFirst) << u"enclave_init"_s;
        QTest::newRow("the application") << int(BootPoint::applicationFirst) << u"enclave_app"_s;
    }

    void firstInstruction_notInMemory_isThatOfTheFile() {
        QFETCH(int, point);
        QFETCH(QString, program);
        const auto file = symbols::Program::openFile(
            QFileInfo(Guest::demoEif()).absolutePath() + u"/guest/"_s + program, program);
        QVERIFY(file);
        const symbols::ElfImage &elf = (*file)->elf();
        DebugBench bench;
        QVERIFY(bench.start());
        const auto stop = bench.runTo(static_cast<BootPoint>(point));
        QVERIFY(stop);
        QCOMPARE(stop->pc, elf.entry());
        const QByteArray expected = elf.bytesAt(elf.entry(), 8).toByteArray().toHex(' ');
        const QString said = runGdb(bench.socket, {u"x/i $pc"_s, u"x/8xb $pc"_s, u"x/xb 0x10"_s});
        QVERIFY2(said.contains(u"=> "_s + hex(stop->pc)), qPrintable(said));
        QVERIFY2(QString(said).remove(u"0x"_s).simplified().contains(QString::fromLatin1(expected)),
                 qPrintable(said));
        // What no file has stays what it is.
        QCOMPARE(said.count(u"Cannot access memory at address"_s), 1);
    }

    void commandLine_dropsIntoGdb_withSymbols_data() {
        QTest::addColumn<QStringList>("options");
        QTest::addColumn<QString>("expected");
        QTest::newRow("default") << QStringList{u"-ex"_s, u"continue"_s, u"-ex"_s, u"info symbol $pc"_s}
                                 << u"start_kernel"_s;
        QTest::newRow("init") << QStringList{u"--stop-at"_s, u"init"_s, u"--cpu-count"_s,
                                             u"2"_s,         u"-ex"_s,  u"p/x $cs & 3"_s}
                              << u"= 0x3"_s;
        QTest::newRow("reset") << QStringList{u"--stop-at"_s, u"reset"_s, u"-ex"_s, u"x/i $pc"_s}
                               << u"ljmp   $0xf000"_s;
        QTest::newRow("firmware") << QStringList{u"--stop-at"_s, u"firmware"_s, u"-ex"_s,
                                                 u"info symbol $pc"_s}
                                  << u"entry64 in section"_s;
    }

    void commandLine_dropsIntoGdb_withSymbols() {
        QFETCH(QStringList, options);
        QFETCH(QString, expected);
        QProcess cli;
        cli.setProcessChannelMode(QProcess::MergedChannels);
        cli.start(qEnvironmentVariable("NITROSCOPE_CLI"),
                  QStringList{u"gdb"_s, Guest::demoEif()} + options + QStringList{u"-batch"_s});
        QVERIFY(cli.waitForFinished(DebugBench::patience));
        const QString said = QString::fromUtf8(cli.readAll());
        QVERIFY2(said.contains(expected), qPrintable(said));
        QVERIFY2(cli.exitCode() == 0, qPrintable(said));
        QVERIFY2(!said.contains(u"Remote connection closed"_s), "gdb's detach was not answered");
    }
};

QTEST_GUILESS_MAIN(TestStockGdb)
#include "tst_stock_gdb.moc"
