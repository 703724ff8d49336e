// SPDX-License-Identifier: GPL-2.0-or-later
//
// A real boot of the demo enclave, stopped at every stage: with one and two CPUs, with and without KASLR.
#include "tests/debug/debug_bench.hpp"

using namespace nitroscope;
using namespace nitroscope::app;
using namespace Qt::Literals::StringLiterals;
using nitroscope::test::DebugBench;
using nitroscope::test::Guest;

class TestBootPoints : public QObject {
    Q_OBJECT

private slots:
    void initTestCase() {
        if (Guest::qemu().isEmpty() || Guest::demoEif().isEmpty())
            QSKIP("QEMU or the demo enclave has not been built: ./workbench build");
    }

    void everyStage_isReached_data() {
        QTest::addColumn<QString>("append");
        QTest::addColumn<int>("cpus");
        QTest::newRow("KASLR, 1 CPU") << QString() << 1;
        QTest::newRow("nokaslr, 2 CPUs") << u"nokaslr"_s << 2;
        QTest::newRow("KASLR, 2 CPUs") << QString() << 2;
        QTest::newRow("nokaslr, 1 CPU") << u"nokaslr"_s << 1;
    }

    void everyStage_isReached() {
        QFETCH(QString, append);
        QFETCH(int, cpus);
        DebugBench bench;
        QVERIFY(bench.start(append, unsigned(cpus)));
        const bool isMoved = append.isEmpty();
        QVERIFY(bench.target()->stop()->why == DebugStop::Why::reset);
        QCOMPARE(bench.target()->stop()->pc, quint64(0xfffffff0));
        QVERIFY(bench.target()->stop()->segment.mode == CpuMode::bits16);
        QCOMPARE(bench.target()->threads().size(), cpus);
        for (const BootPointName &name : bootPointNames())
            QCOMPARE(bench.target()->bootPointProblem(name.point), QString());

        auto stop = bench.runTo(BootPoint::firmwareEntry);
        QVERIFY(stop && stop->why == DebugStop::Why::bootPoint);
        QVERIFY(stop->segment.mode == CpuMode::bits64);
        QCOMPARE(bench.name(stop->pc), u"entry64"_s);

        stop = bench.runTo(BootPoint::kernelEntry);
        QVERIFY(stop && stop->why == DebugStop::Why::bootPoint);
        QCOMPARE(stop->pc, bench.target()->walk().map()->kernelEntry);
        QCOMPARE(bench.value(u"$rsi"_s).value_or(0), quint64(0x7000)); // the zero page
        QVERIFY(isMoved != bench.target()->kernelSlide().has_value());

        stop = bench.runTo(BootPoint::kernelUnpacked);
        QVERIFY(stop && stop->why == DebugStop::Why::bootPoint);
        QVERIFY(bench.target()->kernelSlide().has_value());
        const quint64 slide = *bench.target()->kernelSlide();
        qInfo() << "the kernel was moved by" << Qt::hex << slide;
        QCOMPARE(slide % 0x200000, quint64(0));
        if (!isMoved)
            QCOMPARE(slide, quint64(0));
        // The kernel's text lies there unchanged: the same bytes as the file has at its entry.
        QVERIFY(!bench.memory(AddressSpace::guestPhysical, stop->pc, 16).isEmpty());

        stop = bench.runTo(BootPoint::startKernel);
        QVERIFY(stop && stop->why == DebugStop::Why::bootPoint);
        QCOMPARE(bench.name(stop->pc), u"start_kernel"_s);
        QCOMPARE(stop->pc - slide, bench.target()->walk().map()->symbol("start_kernel").value_or(0));

        QStringList levels;
        for (qsizetype i = 0; i < bench.target()->walk().map()->initcalls.size(); ++i) {
            stop = bench.runTo(BootPoint::initcallLevel);
            QVERIFY(stop && stop->why == DebugStop::Why::bootPoint);
            QVERIFY2(!bench.name(stop->pc).contains(u'+'), qPrintable(bench.name(stop->pc)));
            levels << stop->text.section(u':', 0, 0);
        }
        qInfo() << levels;
        QCOMPARE(levels.size(), QSet<QString>(levels.begin(), levels.end()).size());
        QVERIFY(levels.first() == u"Initcall level 0 (pure)"_s);
        QVERIFY(levels.last() == u"Initcall level 7 (late)"_s);

        stop = bench.runTo(BootPoint::initFirst);
        QVERIFY(stop && stop->why == DebugStop::Why::bootPoint);
        QCOMPARE(bench.value(u"$cs & 3"_s).value_or(0), quint64(3));
        const auto &programs = bench.target()->walk().map()->programs;
        QCOMPARE(stop->pc & 0xfff, programs.init.entry & 0xfff);
        QVERIFY(!bench.console.contains("ready")); // init has not printed anything

        stop = bench.runTo(BootPoint::applicationFirst);
        QVERIFY(stop && stop->why == DebugStop::Why::bootPoint);
        QCOMPARE(stop->pc & 0xfff, programs.application.entry & 0xfff);
        QCOMPARE(bench.value(u"$cs & 3"_s).value_or(0), quint64(3));
        QVERIFY(bench.console.contains("ready"));
        QVERIFY(!bench.console.contains("app:")); // the application has not printed anything

        bench.session.stop();
        QVERIFY(bench.wait([&] { return bench.end.has_value(); }));
    }

    void nsmRequestAndVsockPacket_stop_andResetStartsOver() {
        DebugBench bench;
        QVERIFY(bench.start());
        auto stop = bench.runTo(BootPoint::nsmRequest);
        QVERIFY(stop);
        QVERIFY2(stop->why == DebugStop::Why::enclaveBreak, qPrintable(stop->text));
        QVERIFY(!stop->text.isEmpty());
        qInfo() << stop->text;
        stop = bench.runTo(BootPoint::vsockPacket);
        QVERIFY(stop);
        QVERIFY2(stop->why == DebugStop::Why::enclaveBreak, qPrintable(stop->text));
        qInfo() << stop->text;

        stop = bench.runTo(BootPoint::reset);
        QVERIFY(stop && stop->why == DebugStop::Why::reset);
        QCOMPARE(stop->pc, quint64(0xfffffff0));
        QVERIFY(!bench.target()->kernelSlide());
        stop = bench.runTo(BootPoint::startKernel); // KASLR chooses again
        QVERIFY(stop && stop->why == DebugStop::Why::bootPoint);
        QCOMPARE(bench.name(stop->pc), u"start_kernel"_s);
    }

    void initFirst_fromReset_inOneGo() {
        DebugBench bench;
        QVERIFY(bench.start({}, 2));
        const auto stop = bench.runTo(BootPoint::applicationFirst);
        QVERIFY(stop && stop->why == DebugStop::Why::bootPoint);
        QVERIFY(bench.console.contains("ready"));
        QVERIFY(!bench.console.contains("app:"));
    }

    void breakpointBySymbol_beforeKaslr_waitsAndIsHit() {
        DebugBench bench;
        QVERIFY(bench.start());
        DebugBreakpoint wanted;
        wanted.place = u"do_one_initcall"_s;
        wanted.condition = u"$rdi != 0"_s;
        wanted.ignoreCount = 3;
        bench.target()->addBreakpoint(wanted);
        QVERIFY(bench.target()->breakpoints().first().state == DebugBreakpoint::State::waiting);
        QVERIFY(bench.target()->breakpoints().first().problem.contains(u"KASLR"_s));
        auto stop = bench.stopAfter([&] { bench.target()->resume(); });
        QVERIFY(stop && stop->why == DebugStop::Why::breakpoint);
        QCOMPARE(stop->breakpoint.value_or(0), 1);
        QCOMPARE(bench.name(stop->pc), u"do_one_initcall"_s);
        QCOMPARE(bench.target()->breakpoints().first().hits, quint64(4));

        // A condition that does not hold: the target runs on, and can be interrupted.
        DebugBreakpoint never = bench.target()->breakpoints().first();
        never.condition = u"$rdi == 1"_s;
        bench.target()->changeBreakpoint(never);
        bench.target()->resume();
        QVERIFY(bench.wait([&] { return bench.console.contains("ready"); }));
        QVERIFY(bench.target()->state() == DebugTarget::State::running);
        stop = bench.stopAfter([&] { bench.target()->interrupt(); });
        QVERIFY(stop && stop->why == DebugStop::Why::interrupt);
    }

    void stepping_overAndOut() {
        DebugBench bench;
        QVERIFY(bench.start());
        QVERIFY(bench.runTo(BootPoint::startKernel));
        // Steps over calls until three were passed; it never leaves start_kernel.
        for (int i = 0; i < 25; ++i) {
            const auto stop = bench.stopAfter([&] { bench.target()->stepOver(); });
            QVERIFY(stop && stop->why == DebugStop::Why::step);
            QVERIFY2(bench.name(stop->pc).startsWith(u"start_kernel"_s), qPrintable(bench.name(stop->pc)));
        }
        DebugBreakpoint inner;
        inner.place = u"trap_init"_s; // called by start_kernel, later
        inner.once = true;
        bench.target()->addBreakpoint(inner);
        auto stop = bench.stopAfter([&] { bench.target()->resume(); });
        QVERIFY(stop && bench.name(stop->pc) == u"trap_init"_s);
        QVERIFY(bench.target()->breakpoints().isEmpty());
        // Into the prologue, where the frame is set up.
        for (int i = 0; i < 2; ++i)
            stop = bench.stopAfter([&] { bench.target()->step(); });
        stop = bench.stopAfter([&] { bench.target()->stepOut(); });
        QVERIFY(stop && bench.name(stop->pc).startsWith(u"start_kernel+"_s));
    }

    void watchpoint_onData_tellsWhoWrote() {
        DebugBench bench;
        QVERIFY(bench.start());
        QVERIFY(bench.runTo(BootPoint::startKernel));
        DebugBreakpoint watch;
        watch.kind = DebugBreakpoint::Kind::write;
        watch.place = u"saved_command_line"_s;
        watch.length = 8;
        bench.target()->addBreakpoint(watch);
        const auto stop = bench.stopAfter([&] { bench.target()->resume(); });
        QVERIFY(stop && stop->why == DebugStop::Why::watchpoint);
        QVERIFY(stop->dataAddress.has_value());
        QVERIFY2(bench.name(stop->pc).startsWith(u"start_kernel"_s) ||
                     bench.name(stop->pc).startsWith(u"setup_command_line"_s),
                 qPrintable(bench.name(stop->pc)));
    }

    void breakpointByProcess_passesOverOthers() {
        DebugBench bench;
        QVERIFY(bench.start({}, 2));
        QVERIFY(bench.runTo(BootPoint::applicationFirst));
        const auto stop = bench.stopInApplicationsWrite();
        QVERIFY(stop && stop->why == DebugStop::Why::breakpoint);
        std::optional<KernelView> view;
        bench.target()->withKernel([&](const KernelView &read) { view = read; });
        QVERIFY(bench.wait([&] { return view.has_value(); }));
        QVERIFY2(view->tasks.unavailable.isEmpty(), qPrintable(view->tasks.unavailable));
        QString current;
        for (const KernelTask &task : view->tasks.rows)
            if (task.cpu == int(stop->thread) - 1)
                current = task.name;
        QCOMPARE(current, u"demo-app"_s);
        QVERIFY(!view->log.rows.isEmpty());
        QCOMPARE(view->slide, bench.target()->kernelSlide().value_or(1));
    }

    void memory_whileRunning_isRead_andDevicesAreNot() {
        DebugBench bench;
        QVERIFY(bench.start());
        QVERIFY(bench.runTo(BootPoint::startKernel));
        const auto banner = bench.target()->symbols()->address(u"linux_banner"_s);
        QVERIFY(banner.has_value());
        QVERIFY(bench.memory(AddressSpace::guestVirtual, *banner, 32).startsWith("Linux version 6."));
        bench.target()->resume();
        QVERIFY(bench.wait([&] { return bench.console.contains("ready"); }));
        QVERIFY(bench.target()->state() == DebugTarget::State::running);
        QVERIFY(bench.memory(AddressSpace::guestVirtual, *banner, 32).startsWith("Linux version 6."));
        QVERIFY(bench.memory(AddressSpace::guestPhysical, 0xd0000000, 4).isEmpty());
        QVERIFY(bench.target()->state() == DebugTarget::State::running);
    }
};

QTEST_GUILESS_MAIN(TestBootPoints)
#include "tst_boot_points.moc"
