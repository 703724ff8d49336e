// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the target can do besides stages and steps, on a real machine and by its effect in the guest: run to a
// place, write registers and memory, watch reads and accesses, take a debug file, look at another CPU.
#include "app/core/arch/x86/registers.hpp"
#include "app/core/arch/x86/x86_64.hpp"
#include "app/session/debug/cpu_space.hpp"
#include "tests/debug/debug_bench.hpp"

#include <QtEndian>

using namespace nitroscope;
using namespace nitroscope::app;
using namespace Qt::Literals::StringLiterals;
using nitroscope::test::DebugBench;
using nitroscope::test::Guest;

namespace {

QByteArray littleEndian(quint64 value, qsizetype bytes = 8) {
    QByteArray text(bytes, '\0');
    for (qsizetype i = 0; i < bytes; ++i)
        text[i] = char(value >> 8 * i);
    return text;
}

DebugBreakpoint watchOf(DebugBreakpoint::Kind kind, const char *place, quint64 length) {
    DebugBreakpoint watch;
    watch.kind = kind;
    watch.place = QString::fromLatin1(place);
    watch.length = length;
    return watch;
}

// In the middle of a switch the stack is the next task's already, and the kernel's variable still names the last one.
bool isBetweenTasks(DebugBench &bench, qint64 thread) {
    return std::ranges::any_of(bench.frames(thread), [&](const DebugFrame &frame) {
        return frame.place.startsWith(u"__switch_to"_s);
    });
}

} // namespace

class TestLiveTarget : public QObject {
    Q_OBJECT

private slots:
    void initTestCase() {
        if (Guest::qemu().isEmpty() || Guest::demoEif().isEmpty())
            QSKIP("QEMU or the demo enclave has not been built: ./workbench build");
    }

    void runTo_stopsThere_andIsForgottenAfterAnotherStop() {
        DebugBench bench;
        QVERIFY(bench.start());
        QVERIFY(bench.runTo(BootPoint::startKernel));
        const auto trap = bench.target()->symbols()->address(u"trap_init"_s);
        const auto call = bench.target()->symbols()->address(u"do_one_initcall"_s);
        QVERIFY(trap && call);
        auto stop = bench.stopAfter([&] { bench.target()->runTo(*trap); });
        QVERIFY(stop && stop->why == DebugStop::Why::breakpoint);
        QCOMPARE(stop->pc, *trap);
        QVERIFY2(stop->text.contains(u"trap_init"_s), qPrintable(stop->text));
        QVERIFY(bench.target()->breakpoints().isEmpty());

        stop = bench.stopAfter([&] { bench.target()->runTo(*call); });
        QVERIFY(stop && stop->pc == *call);
        const auto first = bench.value(u"$rdi"_s);
        // From the place itself it is the next time that it is passed.
        stop = bench.stopAfter([&] { bench.target()->runTo(*call); });
        QVERIFY(stop && stop->pc == *call);
        QVERIFY(bench.value(u"$rdi"_s) != first);

        // Something else comes first: the place is not stopped at later.
        const auto never = bench.target()->symbols()->address(u"run_init_process"_s);
        QVERIFY(never.has_value());
        DebugBreakpoint earlier;
        earlier.place = u"do_one_initcall"_s;
        earlier.once = true;
        bench.target()->addBreakpoint(earlier);
        stop = bench.stopAfter([&] { bench.target()->runTo(*never); });
        QVERIFY(stop && stop->pc == *call);
        bench.target()->resume();
        QVERIFY(bench.wait([&] { return bench.console.contains("ready"); }));
        QVERIFY(bench.target()->state() == DebugTarget::State::running);
    }

    void stop_isOfThePresentStopOnly() {
        DebugBench bench;
        QVERIFY(bench.start());
        QVERIFY(bench.target()->stop().has_value());
        QVERIFY(bench.value(u"$rip"_s).has_value());
        bench.target()->resume();
        QVERIFY(bench.wait([&] { return bench.target()->state() == DebugTarget::State::running; }));
        QVERIFY(!bench.target()->stop());
        QVERIFY(!bench.value(u"$rip"_s));
        QVERIFY(bench.registers(1).isEmpty());
        QVERIFY(bench.wait([&] { return bench.console.contains("Linux version"); }));
        QVERIFY(bench.stopAfter([&] { bench.target()->interrupt(); }));
        QVERIFY(bench.target()->stop().has_value());
        QVERIFY(bench.value(u"$rip"_s).has_value());
    }

    // The walk's last line has the physical address, and what lies there is what the virtual address shows.
    void translate_leadsToThePhysicalBytes() {
        DebugBench bench;
        QVERIFY(bench.start());
        QStringList steps = bench.translation(0x1000);
        QVERIFY2(!steps.isEmpty() && steps.last().contains(u"0x1000"_s),
                 qPrintable(steps.join(u'\n'))); // paging is off
        QVERIFY(bench.runTo(BootPoint::startKernel));
        const auto banner = bench.target()->symbols()->address(u"linux_banner"_s);
        QVERIFY(banner.has_value());
        steps = bench.translation(*banner);
        static const QRegularExpression number(u"0x([0-9a-f]+)"_s);
        quint64 physical = 0;
        for (auto all = number.globalMatch(steps.last()); all.hasNext();)
            if (const quint64 found = all.next().captured(1).toULongLong(nullptr, 16);
                found % 4096 == *banner % 4096)
                physical = found;
        QVERIFY2(physical != 0, qPrintable(steps.join(u'\n')));
        QVERIFY(bench.memory(AddressSpace::guestPhysical, physical, 32).startsWith("Linux version 6."));
        QVERIFY(steps.size() >= 4);
        steps = bench.translation(0xffffc00000000000); // the kernel has nothing there yet
        QVERIFY2(steps.last().contains(u"not"_s, Qt::CaseInsensitive), qPrintable(steps.join(u'\n')));
    }

    // The kernel prints what was written: virtual and physical.
    void writtenMemory_isWhatTheKernelPrints() {
        DebugBench bench;
        QVERIFY(bench.start());
        QVERIFY(bench.runTo(BootPoint::startKernel));
        LiveTarget &target = *bench.target();
        const auto banner = target.symbols()->address(u"linux_banner"_s);
        QVERIFY(banner.has_value());
        QSignalSpy changes(&target, &DebugTarget::targetChanged);
        target.writeMemory(AddressSpace::guestVirtual, *banner, "Pengu");
        QVERIFY(bench.wait([&] { return changes.count() == 1; }));
        QVERIFY(bench.memory(AddressSpace::guestVirtual, *banner, 16).startsWith("Pengu version"));
        // The EIF's command line, where the firmware has put it.
        const auto lineAt = bench.value(u"boot_command_line"_s);
        QVERIFY(lineAt.has_value());
        const QByteArray line = bench.memory(AddressSpace::guestPhysical, physicalOf(bench, *lineAt), 64);
        QVERIFY2(line.contains("reboot=k"), line);
        const qsizetype at = line.indexOf("reboot=k");
        target.writeMemory(AddressSpace::guestPhysical, physicalOf(bench, *lineAt) + quint64(at), "nitro_=k");
        QVERIFY(bench.wait([&] { return changes.count() == 2; }));
        QCOMPARE(bench.problems, QStringList());
        // More than one packet, and over a page's end.
        const QByteArray many(3000, 'n');
        const quint64 free = 0x2'0000; // low memory that nobody uses
        target.writeMemory(AddressSpace::guestPhysical, free + 0xf00, many);
        QVERIFY(bench.wait([&] { return changes.count() == 3; }));
        QCOMPARE(bench.memory(AddressSpace::guestPhysical, free + 0xf00, 3000), many);
        target.resume();
        QVERIFY(bench.wait([&] { return bench.console.contains("ready"); }));
        QVERIFY2(bench.console.contains("Pengu version 6."), bench.console.left(500));
        QVERIFY2(bench.console.contains("nitro_=k"), bench.console.left(2000));
        QVERIFY(!bench.console.contains("Linux version"));
    }

    void writesThatCannotBe_areRefusedInWords() {
        DebugBench bench;
        QVERIFY(bench.start());
        QVERIFY(bench.runTo(BootPoint::startKernel));
        LiveTarget &target = *bench.target();
        const auto refused = [&](const char *word) {
            return bench.wait([&] { return !bench.problems.isEmpty(); }) &&
                   bench.problems.takeLast().contains(QLatin1String(word));
        };
        target.writeMemory(AddressSpace::guestPhysical, 0xd0000000, "x");
        QVERIFY(refused("device"));
        target.writeMemory(AddressSpace::guestPhysical, 0xcfffffff, "xx"); // reaches into it
        QVERIFY(refused("no memory"));
        target.writeMemory(AddressSpace::guestVirtual, 0xffffc00000000000, "x");
        QVERIFY(refused("not mapped"));
        target.writeRegister(1, 0, "abc");
        QVERIFY(refused("size"));
        target.writeRegister(1, 4711, littleEndian(0));
        QVERIFY(refused("size"));
        target.resume();
        QVERIFY(bench.wait([&] { return bench.console.contains("ready"); }));
        bench.problems.clear();
        target.writeMemory(AddressSpace::guestPhysical, 0x20000, "x");
        QVERIFY(refused("interrupt"));
        target.writeRegister(1, 0, littleEndian(0));
        QVERIFY(refused("interrupt"));
        target.runTo(0x1000);
        QVERIFY(refused("interrupt"));
        QVERIFY(target.state() == DebugTarget::State::running);
    }

    // A system call with another length writes no more, and returns what it was told.
    void writtenRegisters_areWhatTheGuestWorksWith() {
        DebugBench bench;
        QVERIFY(bench.start());
        QVERIFY(bench.runTo(BootPoint::applicationFirst));
        LiveTarget &target = *bench.target();
        DebugBreakpoint write;
        write.place = u"ksys_write"_s;
        write.process = u"demo-app"_s;
        write.once = true;
        target.addBreakpoint(write);
        auto stop = bench.stopAfter([&] { target.resume(); });
        QVERIFY(stop && stop->why == DebugStop::Why::breakpoint);
        const auto length = bench.value(u"$rdx"_s);
        QVERIFY(length && *length > 4);
        const auto written = [&](int number, quint64 value, qsizetype bytes = 8) {
            const qsizetype before = bench.stops.size();
            target.writeRegister(stop->thread, number, littleEndian(value, bytes));
            return bench.wait([&] { return bench.stops.size() > before; });
        };
        // Each of them, one after the other, and none in the place of another.
        const QByteArray original = bench.registers(stop->thread);
        QCOMPARE(original.size(), arch::x86::table.packetBytes);
        QByteArray expected = original;
        for (const int number : {8, 9, 10, 11, 12}) {
            const quint64 value = 0x1122334455667700 + quint64(number);
            QVERIFY(written(number, value));
            expected.replace(arch::x86::table.offset(number), 8, littleEndian(value));
            QCOMPARE(bench.registers(stop->thread), expected);
            QCOMPARE(bench.value(u"$r%1"_s.arg(number)).value_or(0), value);
        }
        for (const int number : {8, 9, 10, 11, 12})
            QVERIFY(written(
                number, qFromLittleEndian<quint64>(original.constData() + arch::x86::table.offset(number))));
        QCOMPARE(bench.registers(stop->thread), original);
        QVERIFY(bench.target()->stop()->why == DebugStop::Why::breakpoint); // still the same stop

        QVERIFY(written(3, 4)); // rdx
        stop = bench.stopAfter([&] { target.step(); });
        QVERIFY(stop);
        stop = bench.stopAfter([&] { target.step(); });
        const qsizetype before = bench.console.size();
        stop = bench.stopAfter([&] { target.stepOut(); });
        QVERIFY(stop && stop->why == DebugStop::Why::step);
        QCOMPARE(bench.value(u"$rax"_s).value_or(0), quint64(4));
        QVERIFY(bench.console.size() - before <= 5);
        // Another place to go on at.
        const auto place = target.symbols()->address(u"ksys_write"_s);
        QVERIFY(written(arch::x86::rip, *place));
        QCOMPARE(target.stop()->pc, *place);
        stop = bench.stopAfter([&] { target.step(); });
        QVERIFY2(stop && bench.name(stop->pc).startsWith(u"ksys_write+"_s),
                 qPrintable(bench.name(stop ? stop->pc : 0)));
        QCOMPARE(bench.problems, QStringList());
    }

    void watchpoints_tellReadsFromWrites() {
        DebugBench bench;
        QVERIFY(bench.start());
        QVERIFY(bench.runTo(BootPoint::startKernel));
        LiveTarget &target = *bench.target();
        // One byte of the first line that the kernel prints.
        target.addBreakpoint(watchOf(DebugBreakpoint::Kind::read, "linux_banner+3", 1));
        auto stop = bench.stopAfter([&] { target.resume(); });
        QVERIFY(stop && stop->why == DebugStop::Why::watchpoint);
        QCOMPARE(stop->dataAddress.value_or(0), bench.value(u"linux_banner+3"_s).value_or(1));
        qInfo() << "the banner is read by" << bench.name(stop->pc);
        target.removeBreakpoint(1);
        const auto place = bench.value(u"saved_command_line"_s);
        QVERIFY(place && bench.value(u"*saved_command_line"_s) == quint64(0));
        // The first access writes it; the read watchpoint keeps quiet then.
        target.addBreakpoint(watchOf(DebugBreakpoint::Kind::access, "saved_command_line", 8));
        target.addBreakpoint(watchOf(DebugBreakpoint::Kind::read, "saved_command_line", 8));
        stop = bench.stopAfter([&] { target.resume(); });
        QVERIFY(stop && stop->why == DebugStop::Why::watchpoint);
        QCOMPARE(stop->dataAddress.value_or(0), *place);
        QCOMPARE(stop->breakpoint.value_or(0), 2);
        QVERIFY(bench.value(u"*saved_command_line"_s).value_or(0) != 0);
        QCOMPARE(target.breakpoints()[0].hits, quint64(1));
        QCOMPARE(target.breakpoints()[1].hits, quint64(0));
        target.removeBreakpoint(2);
        // From now on it is only read: by who prints it.
        stop = bench.stopAfter([&] { target.resume(); });
        QVERIFY(stop && stop->why == DebugStop::Why::watchpoint);
        QCOMPARE(stop->breakpoint.value_or(0), 3);
        QCOMPARE(stop->dataAddress.value_or(0), *place);
        QVERIFY2(stop->text.endsWith(u": read"_s), qPrintable(stop->text));
        qInfo() << "read by" << bench.name(stop->pc);
        QCOMPARE(target.breakpoints()[0].hits, quint64(1));
        target.removeBreakpoint(3);
        // A write watchpoint on it is not hit by further reads.
        target.addBreakpoint(watchOf(DebugBreakpoint::Kind::write, "saved_command_line", 8));
        target.resume();
        QVERIFY(bench.wait([&] { return bench.console.contains("ready"); }));
        QCOMPARE(target.breakpoints().size(), 1);
        QCOMPARE(target.breakpoints()[0].hits, quint64(0));
    }

    // A vmlinux that is given later brings source lines, inlined functions and types.
    void debugFile_bringsLinesAndTypes_orSaysWhyNot() {
        const QString vmlinux = QFileInfo(Guest::demoEif()).absolutePath() + u"/vmlinux"_s;
        if (!QFileInfo::exists(vmlinux))
            QSKIP("build/demo/vmlinux is not there");
        QTemporaryDir folder;
        DebugBench bench;
        bench.eif = folder.filePath(u"lonely.eif"_s);
        QVERIFY(QFile::copy(Guest::demoEif(), bench.eif));
        QVERIFY(bench.start());
        LiveTarget &target = *bench.target();
        QVERIFY(bench.runTo(BootPoint::initFirst));
        const auto start = target.symbols()->address(u"start_kernel"_s);
        QVERIFY(start && target.symbols()->source(*start).isEmpty());

        QFile garbage(folder.filePath(u"garbage"_s));
        QVERIFY(garbage.open(QIODevice::WriteOnly) && garbage.write("\x7f"
                                                                    "ELF and no more") > 0);
        garbage.close();
        for (const QString &wrong :
             {garbage.fileName(), folder.filePath(u"missing"_s), QCoreApplication::applicationFilePath()}) {
            bench.problems.clear();
            target.loadDebugFile(wrong);
            QVERIFY(bench.wait([&] { return !bench.problems.isEmpty(); }));
            qInfo() << bench.problems;
            QVERIFY(target.symbols()->source(*start).isEmpty());
        }
        DebugBreakpoint kept;
        kept.place = u"ksys_write"_s;
        target.addBreakpoint(kept);
        // Symbols change for other reasons, too: a program was recognized.
        target.loadDebugFile(vmlinux);
        QVERIFY(bench.wait([&] { return !target.symbols()->source(*start).isEmpty(); }));
        const auto lines = target.symbols()->source(*start);
        QVERIFY2(lines.last().file.endsWith(u"init/main.c"_s), qPrintable(lines.last().file));
        QVERIFY(lines.last().line > 0);
        std::optional<KernelView> view;
        target.withKernel([&](const KernelView &read) { view = read; });
        QVERIFY(bench.wait([&] { return view.has_value(); }));
        QCOMPARE(view->tasks.source, u"DWARF of vmlinux"_s);
        QVERIFY(target.breakpoints().first().state == DebugBreakpoint::State::set);
        const auto stop = bench.stopAfter([&] { target.resume(); });
        QVERIFY(stop && bench.name(stop->pc) == u"ksys_write"_s);
        const auto frames = bench.frames(stop->thread);
        QVERIFY(!frames.isEmpty());
        QVERIFY2(frames[0].source.startsWith(u"fs/read_write.c:"_s), qPrintable(frames[0].source));
    }

    // After a reset the kernel of the boot before is no longer there, and nobody shows it.
    void reset_forgetsTheKernelBefore() {
        DebugBench bench;
        QVERIFY(bench.start());
        QVERIFY(bench.runTo(BootPoint::initFirst));
        LiveTarget &target = *bench.target();
        const auto look = [&] {
            std::optional<KernelView> view;
            target.withKernel([&](const KernelView &read) { view = read; });
            (void)bench.wait([&] { return view.has_value(); });
            return view.value_or(KernelView());
        };
        KernelView view = look();
        QVERIFY(!view.log.rows.isEmpty() && view.isSlideKnown);
        QVERIFY(bench.runTo(BootPoint::reset));
        view = look();
        QVERIFY(view.log.rows.isEmpty() && view.tasks.rows.isEmpty() && !view.isSlideKnown);
        QVERIFY2(view.log.unavailable.contains(u"not"_s), qPrintable(view.log.unavailable));
        QVERIFY(bench.runTo(BootPoint::initFirst));
        view = look();
        QVERIFY(!view.log.rows.isEmpty());
        QCOMPARE(view.slide, target.kernelSlide().value_or(1));
        // Only this boot's messages.
        int banners = 0;
        for (const KernelLogLine &line : view.log.rows)
            banners += line.text.startsWith(u"Linux version"_s);
        QCOMPARE(banners, 1);
    }

    // A kernel without symbols of data and without types, as AWS's are, at the same stops of a real machine.
    void functionsOnlyKernel_tellsWhatTheWholeOneTells() {
        const QString vmlinux = QFileInfo(Guest::demoEif()).absolutePath() + u"/vmlinux"_s;
        if (!QFileInfo::exists(vmlinux))
            QSKIP("build/demo/vmlinux is not there");
        const auto plain = symbols::KernelImage::open(Guest::demoEif());
        QVERIFY(plain);
        const auto whole = (*plain)->withDebugFile(vmlinux);
        const auto functions = (*plain)->functionsOnly();
        QVERIFY(whole && functions->symbols().find("ksys_write") && !functions->symbols().find("init_task"));
        DebugBench bench;
        QVERIFY(bench.start({}, 2));
        QVERIFY(bench.runTo(BootPoint::applicationFirst));
        LiveTarget &target = *bench.target();
        KernelReader byAll(*target.physicalMemory(), *whole),
            byFunctions(*target.physicalMemory(), functions);
        DebugBreakpoint anywhere;
        anywhere.place = u"ksys_write"_s;
        target.addBreakpoint(anywhere);
        int inUser = 0, compared = 0;
        QSet<QString> names;
        for (int i = 0; i < 8; ++i) {
            const auto stop = i % 2 ? bench.stopAfter([&] { target.stepOut(); })
                                    : bench.stopAfter([&] { target.resume(); });
            QVERIFY(stop.has_value());
            for (const qint64 thread : {qint64(1), qint64(2)}) {
                const TargetStop cpu = cpuWith(arch::x86_64(), bench.registers(thread));
                const quint64 gs = cpu.value(25);
                const VcpuRegisters registers{int(thread) - 1, cpu.value(arch::x86::rsp),
                                              arch::x86_64().kernel.isKernelAddress(gs) ? gs : cpu.value(26)};
                inUser += (cpu.value(arch::x86::cs) & 3) == 3;
                const KernelView all = byAll.read(), bare = byFunctions.read(std::nullopt, registers);
                QCOMPARE(bare.slide, all.slide);
                QCOMPARE(bare.log.source, u"VMCOREINFO"_s);
                QCOMPARE(bare.log.rows.size(), all.log.rows.size());
                for (qsizetype row = 0; row < all.log.rows.size(); ++row)
                    QCOMPARE(bare.log.rows[row].text, all.log.rows[row].text);
                QCOMPARE(bare.tasks.source, u"discovered in memory"_s);
                QHash<quint64, KernelTask> known;
                for (const KernelTask &task : all.tasks.rows)
                    known.insert(task.taskAddress, task);
                QVERIFY(bare.tasks.rows.size() > 10);
                for (const KernelTask &task : bare.tasks.rows) {
                    QVERIFY(known.contains(task.taskAddress));
                    const KernelTask same = known.value(task.taskAddress);
                    QCOMPARE(task.pid, same.pid);
                    QCOMPARE(task.name, same.name);
                    QCOMPARE(task.state, same.state);
                    QCOMPARE(task.stack, same.stack);
                    if (!task.cpu)
                        continue;
                    // Which task runs here: by the kernel's own variable, and by looking.
                    QCOMPARE(*task.cpu, int(thread) - 1);
                    if (same.cpu != task.cpu && isBetweenTasks(bench, thread))
                        continue;
                    QVERIFY2(same.cpu == task.cpu, qPrintable(task.name));
                    names.insert(task.name);
                    ++compared;
                }
            }
        }
        qInfo() << compared << "times the task was known:" << names << inUser << "in user space";
        QVERIFY(compared >= 8 && names.contains(u"demo-app"_s));
    }

    // Each way to know a program by itself.
    void programs_areFoundByBuildIdAndByCode() {
        const QString guest = QFileInfo(Guest::demoEif()).absolutePath() + u"/guest/"_s;
        const auto programs = EnclavePrograms::open(Guest::demoEif());
        const auto file = symbols::Program::openFile(guest + u"enclave_app"_s, QString());
        QVERIFY(programs && file);
        const QByteArray id = (*file)->elf().buildId();
        QVERIFY2(!id.isEmpty(), "the demo's programs have no build id");
        const auto byId = (*programs)->byBuildId(id);
        QVERIFY(byId && byId->name() == u"demo-app"_s);
        QVERIFY(!(*programs)->byBuildId(QByteArray(20, 'x')));
        const quint64 main = (*file)->symbols().find("main").value_or(0) & ~quint64(4095);
        for (const symbols::ElfSegment &segment : (*file)->elf().segments()) {
            if (main < segment.address || main - segment.address + 4096 > segment.fileSize)
                continue;
            const QByteArray page = (*file)
                                        ->elf()
                                        .bytes()
                                        .sliced(qsizetype(segment.offset + main - segment.address), 4096)
                                        .toByteArray();
            const auto loaded = (*programs)->byCode(page, main + 0x10000);
            QVERIFY(loaded && loaded->program == byId);
            QCOMPARE(loaded->bias, quint64(0x10000));
        }
        QVERIFY(!(*programs)->byCode(QByteArray(4096, '\x90'), main));
    }

    // With the kernel's types paths are known, too; without them build ids and code must do.
    void userPrograms_haveNamesAndLines_data() {
        QTest::addColumn<bool>("hasTypes");
        QTest::newRow("a kernel without types") << false;
        QTest::newRow("with its vmlinux") << true;
    }

    void userPrograms_haveNamesAndLines() {
        QFETCH(bool, hasTypes);
        const QString folderOfDemo = QFileInfo(Guest::demoEif()).absolutePath();
        QTemporaryDir folder;
        DebugBench bench;
        if (!hasTypes) {
            bench.eif = folder.filePath(u"lonely.eif"_s);
            QVERIFY(QFile::copy(Guest::demoEif(), bench.eif));
        } else if (!QFileInfo::exists(folderOfDemo + u"/vmlinux"_s)) {
            QSKIP("build/demo/vmlinux is not there");
        }
        const auto symbolOf = [&](const char *program, const char *name) {
            const auto file =
                symbols::Program::openFile(folderOfDemo + u"/guest/"_s + QLatin1String(program), QString());
            return file ? (*file)->symbols().find(name).value_or(0) : 0;
        };
        QVERIFY(bench.start({}, 2));
        LiveTarget &target = *bench.target();
        const auto named = [&](quint64 address, const char *name, const char *module) {
            return bench.wait(
                [&] {
                    const auto place = target.symbols()->place(address);
                    return place && place->name == QLatin1String(name) &&
                           place->module == QLatin1String(module);
                },
                60'000);
        };
        // The first instruction: nothing of the program but this page need be in memory.
        auto stop = bench.runTo(BootPoint::initFirst);
        QVERIFY(stop.has_value());
        QVERIFY(named(stop->pc, "_start", "init"));
        // Whole pages are what panels ask for.
        const auto init = symbols::Program::openFile(folderOfDemo + u"/guest/enclave_init"_s, QString());
        QVERIFY(init);
        constexpr quint64 page = 4096, few = 16;
        QCOMPARE(bench.memory(AddressSpace::guestVirtual, stop->pc & ~(page - 1), page)
                     .mid(qsizetype(stop->pc % page), few),
                 (*init)->elf().bytesAt(stop->pc, few).toByteArray());
        DebugBreakpoint main;
        main.place = u"main"_s;
        target.addBreakpoint(main);
        QVERIFY(target.breakpoints()[0].state == DebugBreakpoint::State::set);
        QCOMPARE(target.breakpoints()[0].address, symbolOf("enclave_init", "main"));
        stop = bench.stopAfter([&] { target.resume(); });
        QVERIFY(stop && stop->breakpoint == 1);
        QVERIFY(named(stop->pc, "main", "init")); // the EIF has no lines for it
        QVector<DebugFrame> frames = bench.frames(stop->thread);
        QVERIFY(frames.size() >= 2);
        QVERIFY(frames[0].isUser && frames[0].module == u"init"_s);
        QVERIFY2(frames.last().place.startsWith(u"_start"_s), qPrintable(frames.last().place));
        target.removeBreakpoint(1);

        // Another program at the same addresses.
        stop = bench.runTo(BootPoint::applicationFirst);
        QVERIFY(stop.has_value());
        QVERIFY(named(stop->pc, "_start", "demo-app"));
        // From the kernel over the boundary into main().
        DebugBreakpoint write;
        write.place = u"ksys_write"_s;
        write.process = u"demo-app"_s;
        target.addBreakpoint(write);
        stop = bench.stopAfter([&] { target.resume(); });
        QVERIFY(stop && stop->breakpoint == 2);
        frames = bench.frames(stop->thread);
        QStringList shown;
        qsizetype boundary = 0;
        for (const DebugFrame &frame : frames) {
            shown << u"%1 %2 %3 %4"_s.arg(frame.isUser ? u"user"_s : u"kernel"_s, frame.module, frame.place,
                                          frame.source);
            if (!frame.isUser)
                boundary = shown.size();
        }
        const QString all = shown.join(u'\n');
        qInfo().noquote() << all;
        QVERIFY2(boundary >= 2 && boundary < frames.size(), qPrintable(all));
        for (qsizetype i = 0; i < frames.size(); ++i)
            QVERIFY2(frames[i].isUser == (i >= boundary), qPrintable(all)); // crossed once
        QVERIFY2(shown[boundary].contains(u"demo-app"_s) && shown[boundary].contains(u"write"_s),
                 qPrintable(all));
        QVERIFY2(std::any_of(frames.cbegin(), frames.cend(),
                             [](const DebugFrame &frame) {
                                 return frame.isUser && frame.place.startsWith(u"main+"_s) &&
                                        frame.source.contains(u"enclave/app/main.cpp:"_s);
                             }),
                 qPrintable(all));
        // A breakpoint in the program stays where it is while others run.
        target.removeBreakpoint(2);
        DebugBreakpoint inApp;
        inApp.place = u"__libc_write"_s;
        if (!target.symbols()->address(inApp.place))
            inApp.place = u"write"_s;
        const quint64 wanted = symbolOf("enclave_app", inApp.place.toUtf8().constData());
        QVERIFY(wanted != 0);
        target.addBreakpoint(inApp);
        QCOMPARE(target.breakpoints()[0].address, wanted);
        stop = bench.stopAfter([&] { target.resume(); });
        QVERIFY(stop && stop->breakpoint == 3);
        QCOMPARE(stop->pc, wanted);

        // After a reset nothing of them is left.
        stop = bench.runTo(BootPoint::reset);
        QVERIFY(stop.has_value());
        QVERIFY(!target.symbols()->place(wanted));
        QVERIFY(target.breakpoints()[0].state == DebugBreakpoint::State::waiting);
    }

private:
    static quint64 physicalOf(DebugBench &bench, quint64 address) {
        static const QRegularExpression number(u"0x([0-9a-f]+)"_s);
        quint64 physical = 0;
        const QStringList steps = bench.translation(address);
        for (auto all = number.globalMatch(steps.value(steps.size() - 1)); all.hasNext();)
            if (const quint64 found = all.next().captured(1).toULongLong(nullptr, 16);
                found % 4096 == address % 4096)
                physical = found;
        return physical;
    }
};

QTEST_GUILESS_MAIN(TestLiveTarget)
#include "tst_live_target.moc"
