// SPDX-License-Identifier: GPL-2.0-or-later
//
// The kernel as read from the RAM of a real guest against what the guest itself says: log, tasks, modules,
// stacks. The demo's kernel (DWARF, frame pointers, or nothing at all) and Debian's packaged ones (BTF, ORC,
// 5 levels of page tables), with and without KASLR, running and stopped.
#include "app/core/arch/x86/x86_64.hpp"
#include "app/session/kernel/kernel_reader.hpp"
#include "app/session/programs/enclave_programs.hpp"
#include "app/session/run/guest_memory.hpp"
#include "app/session/unwind/debug_symbols.hpp"
#include "app/session/unwind/unwinder.hpp"
#include "support/debian_enclave.hpp"
#include "support/guest.hpp"
#include "support/hostile_ram.hpp"

#include <QJsonArray>
#include <QJsonDocument>
#include <QRegularExpression>
#include <QtTest>

using namespace nitroscope;
using namespace nitroscope::app;
using namespace Qt::Literals::StringLiterals;
using nitroscope::test::Guest;

namespace {

constexpr int bootSeconds = 300, answerSeconds = 120;

// A guest whose RAM can be looked at.
struct RamGuest {
    Guest guest;

    QString ram() const { return app::guestMemoryOfQemu(guest.processId()).value_or(QString()); }
    bool boot(const QString &eif, const QStringList &more = {}) {
        return guest.start(QStringList{u"-M"_s, u"nitro-enclave,memory-backend=ram"_s, u"-object"_s,
                                       u"memory-backend-memfd,id=ram,share=on,size=512M"_s, u"-m"_s,
                                       u"512M"_s, u"-kernel"_s, eif} +
                           more) &&
               guest.waitForConsole("nitroscope-demo: ready", bootSeconds);
    }
    // What the guest prints for a command, up to a line with `end`.
    QByteArrayList ask(const QByteArray &command, const QByteArray &end) {
        const qsizetype before = guest.console().size();
        guest.type(command + '\n');
        QElapsedTimer patience;
        patience.start();
        while (!guest.console().mid(before).contains(end) && patience.elapsed() < answerSeconds * 1000)
            (void)guest.waitForConsole("a text that never comes", 0);
        return guest.console().mid(before).replace('\r', "").split('\n');
    }
};

KernelReader readerOf(const RamGuest &guest, const symbols::KernelImagePointer &image) {
    return KernelReader(*guest::PhysicalMemory::open(guest.ram(), arch::x86_64()), image);
}

symbols::KernelImagePointer imageOf(const QString &path) {
    return symbols::KernelImage::open(path).value_or(nullptr);
}

// Lines as dmesg prints them.
QByteArrayList shownLog(const QVector<KernelLogLine> &lines) {
    QByteArrayList shown;
    for (const KernelLogLine &line : lines)
        for (const QString &part : line.text.split(u'\n'))
            shown << u"<%1>[%2.%3] %4"_s.arg(line.level)
                         .arg(line.nanoseconds / 1'000'000'000, 5)
                         .arg(line.nanoseconds / 1000 % 1'000'000, 6, 10, QLatin1Char('0'))
                         .arg(part)
                         .toUtf8()
                         .trimmed();
    return shown;
}

void compareLog(RamGuest &guest, const std::function<KernelView()> &read) {
    QByteArrayList printed;
    static const QRegularExpression levelText(u"^<(\\d+)>(\\[.*)$"_s);
    for (const QByteArray &line : guest.ask("dmesg\nuptime", "since the kernel started"))
        if (const auto match = levelText.match(QString::fromUtf8(line)); match.hasMatch())
            printed << '<' + QByteArray::number(match.captured(1).toInt() & 7) + '>' +
                           match.captured(2).toUtf8().trimmed();
    const KernelView view = read();
    QVERIFY2(view.log.unavailable.isEmpty(), qPrintable(view.log.unavailable));
    const QByteArrayList ours = shownLog(view.log.rows);
    QVERIFY(printed.size() > 50);
    QVERIFY2(ours.size() >= printed.size(),
             QByteArray::number(ours.size()) + " of " + QByteArray::number(printed.size()));
    for (qsizetype i = 0; i < printed.size(); ++i)
        QCOMPARE(ours[i], printed[i]);
}

// Workers come and go, and /proc shows their work as part of their names.
constexpr int nameLength = 15; // of a task; /proc shows what kernel threads are called at full length
bool isLasting(const QString &name) {
    return !name.startsWith(u"kworker/"_s);
}

// What was discovered is what the types say.
void compareLayouts(const app::Result<TaskLayout> &discovered, const app::Result<TaskLayout> &byTypes) {
    QVERIFY(byTypes && discovered);
    QCOMPARE(discovered->initTask, byTypes->initTask);
    QCOMPARE(discovered->tasks, byTypes->tasks);
    QCOMPARE(discovered->pid, byTypes->pid);
    QCOMPARE(discovered->name, byTypes->name);
    QCOMPARE(discovered->stack, byTypes->stack);
    QCOMPARE(discovered->state, byTypes->state);
}

void compareTasks(RamGuest &guest, const KernelView &view) {
    QVERIFY2(view.tasks.unavailable.isEmpty(), qPrintable(view.tasks.unavailable));
    QSet<QString> printed, ours;
    static const QRegularExpression text(u"nitroscope-demo: task (\\d+) (\\d+) (\\d+) (\\S) (.*)$"_s);
    for (const QByteArray &line : guest.ask("tasks", "tasks end"))
        if (const auto match = text.match(QString::fromUtf8(line));
            match.hasMatch() && isLasting(match.captured(5)))
            printed.insert(match.captured(2) + u' ' + match.captured(5).trimmed().left(nameLength));
    for (const KernelTask &task : view.tasks.rows)
        if (task.pid > 0 && isLasting(task.name))
            ours.insert(u"%1 %2"_s.arg(task.pid).arg(task.name));
    QVERIFY(printed.size() > 10);
    QCOMPARE(QStringList((ours - printed).values()).join(u','), QString());
    QCOMPARE(QStringList((printed - ours).values()).join(u','), QString());
    for (const KernelTask &task : view.tasks.rows) {
        QVERIFY(u"RSDTtXZPI"_s.contains(task.state));
        if (task.name == u"kthreadd")
            QCOMPARE(task.state, u"S"_s);
    }
}

// Where the processor goes on a page fault, from its own table: the kernel's slide by another way.
quint64 pageFaultHandler(Guest &guest) {
    const auto monitor = [&guest](const QString &line) {
        return guest.command(u"human-monitor-command"_s, {{u"command-line"_s, line}}).toString();
    };
    static const QRegularExpression table(u"IDT=\\s*([0-9a-f]+)"_s);
    static const QRegularExpression gate(u": 0x([0-9a-f]{16}) 0x([0-9a-f]{16})"_s);
    const quint64 base = table.match(monitor(u"info registers"_s)).captured(1).toULongLong(nullptr, 16);
    const auto words = gate.match(monitor(u"x /2gx 0x%1"_s.arg(base + 14 * 16, 0, 16)));
    const quint64 low = words.captured(1).toULongLong(nullptr, 16),
                  high = words.captured(2).toULongLong(nullptr, 16);
    return (low & 0xffff) | (low >> 48) << 16 | high << 32;
}

} // namespace

class TestKernelView : public QObject {
    Q_OBJECT
private slots:
    void init() { NITROSCOPE_REQUIRE_GUEST(); }

    void demo_withKaslr_equalsWhatTheGuestSays() {
        RamGuest guest;
        QVERIFY2(guest.boot(Guest::demoEif(), {u"-smp"_s, u"2"_s}),
                 guest.guest.console().right(2000) + guest.guest.errorOutput());
        const auto plain = imageOf(Guest::demoEif());
        QVERIFY(plain);
        QVERIFY2(!plain->layouts(), "the demo's kernel has types; the test of discovery needs one without");
        const auto debug = plain->withDebugFile(QStringLiteral(NITROSCOPE_BINARY_DIR "/demo/vmlinux"));
        QVERIFY2(debug, debug ? "" : qPrintable(debug.error().text()));
        KernelReader withTypes = readerOf(guest, *debug), without = readerOf(guest, plain);

        compareLog(guest, [&] { return without.read(); });
        const KernelView discovered = without.read();
        QCOMPARE(discovered.log.source, u"VMCOREINFO"_s);
        QCOMPARE(discovered.tasks.source, u"discovered in memory"_s);
        compareTasks(guest, discovered);
        const KernelView view = withTypes.read();
        QCOMPARE(view.tasks.source, u"DWARF of vmlinux"_s);
        compareTasks(guest, view);
        compareLayouts(without.tasks(), withTypes.tasks());
        // A kernel like AWS's: no symbols of data, no types.
        KernelReader functions = readerOf(guest, plain->functionsOnly());
        const KernelView bare = functions.read();
        QCOMPARE(bare.slide, view.slide);
        compareTasks(guest, bare);
        QVERIFY(bare.modules.unavailable.contains(u"because"_s));

        guest.guest.command(u"stop"_s);
        QCOMPARE(functions.read().log.rows.size(), withTypes.read().log.rows.size());
        const auto kernel = withTypes.kernel();
        QVERIFY(kernel);
        QCOMPARE(*(*kernel)->address("asm_exc_page_fault"), pageFaultHandler(guest.guest));
        QVERIFY(view.isSlideKnown);
        QCOMPARE(view.slide % (2 << 20), 0);
        // One task per processor, and nothing changes while the machine is stopped.
        const KernelView stopped = withTypes.read(), again = withTypes.read();
        QSet<int> processors;
        for (const KernelTask &task : stopped.tasks.rows)
            if (task.cpu)
                processors.insert(*task.cpu);
        QCOMPARE(processors, (QSet<int>{0, 1}));
        QCOMPARE(again.tasks.rows.size(), stopped.tasks.rows.size());
        QCOMPARE(again.log.rows.size(), stopped.log.rows.size());
        sleepingStacks(withTypes, DebugFrame::Method::cfi);
        programOf(withTypes, Guest::demoEif());
        hostileRam(guest, *debug, **kernel);
        commandLine(guest, stopped);
    }

    void demo_withoutKaslrAndSilent_logIsThereAllTheSame() {
        RamGuest guest;
        QVERIFY2(guest.boot(Guest::demoEif(), {u"-append"_s, u"nokaslr quiet loglevel=0"_s}),
                 guest.guest.console().right(2000) + guest.guest.errorOutput());
        QVERIFY(!guest.guest.console().contains("Linux version"));
        KernelReader reader = readerOf(guest, imageOf(Guest::demoEif()));
        const KernelView view = reader.read();
        QCOMPARE(view.slide, 0);
        QVERIFY(view.isSlideKnown);
        QVERIFY2(view.log.unavailable.isEmpty(), qPrintable(view.log.unavailable));
        QVERIFY(view.log.rows.first().text.startsWith(u"Linux version"_s));
        compareTasks(guest, view);
    }

    void ramOfNothing_saysWhy() {
        QTemporaryFile file;
        QVERIFY(file.open());
        QVERIFY(file.resize(64 << 20));
        KernelReader reader(*guest::PhysicalMemory::open(file.fileName(), arch::x86_64()),
                            imageOf(Guest::demoEif()));
        const KernelView view = reader.read();
        QVERIFY(view.log.unavailable.contains(u"not in the guest's memory"_s));
        QVERIFY(!view.isSlideKnown);
    }

    void debian_packagedKernels_equalWhatTheGuestSays_data() {
        QTest::addColumn<QString>("suite");
        QTest::newRow("6.1") << u"bookworm"_s;
        QTest::newRow("6.12") << u"bookworm-backports"_s;
    }

    void debian_packagedKernels_equalWhatTheGuestSays() {
        QFETCH(QString, suite);
        QTemporaryDir folder;
        const auto enclave = test::makeDebianEnclave(suite, folder.path());
        if (enclave.eif.isEmpty())
            QSKIP(qPrintable(enclave.problem));
        RamGuest guest;
        QVERIFY2(guest.boot(enclave.eif), guest.guest.console().right(2000) + guest.guest.errorOutput());
        const auto image = imageOf(enclave.eif);
        QVERIFY(image && image->orc() && image->layouts());
        KernelReader reader = readerOf(guest, image);
        compareLog(guest, [&] { return reader.read(); });
        const KernelView view = reader.read();
        QCOMPARE(view.tasks.source, u"BTF"_s);
        compareTasks(guest, view);
        // The same from RAM alone.
        KernelReader alone = readerOf(guest, nullptr);
        const KernelView found = alone.read();
        QCOMPARE(found.slide, view.slide);
        // The guest goes on printing: what is read in between lies between what was read before and after.
        const KernelView after = reader.read();
        QVERIFY(found.log.rows.size() >= view.log.rows.size());
        QVERIFY(found.log.rows.size() <= after.log.rows.size());
        for (qsizetype i = 0; i < found.log.rows.size(); ++i)
            QCOMPARE(found.log.rows[i].text, after.log.rows[i].text);
        compareTasks(guest, found);

        // And from a kernel with symbols of functions only and no types.
        KernelReader functions = readerOf(guest, image->functionsOnly());
        const KernelView bare = functions.read();
        QCOMPARE(bare.slide, view.slide);
        QVERIFY(bare.log.rows.size() >= view.log.rows.size());
        for (qsizetype i = 0; i < view.log.rows.size(); ++i)
            QCOMPARE(bare.log.rows[i].text, view.log.rows[i].text);
        QCOMPARE(bare.tasks.source, u"discovered in memory"_s);
        compareTasks(guest, bare);
        compareLayouts(functions.tasks(), reader.tasks());

        QVERIFY(view.modules.rows.isEmpty());
        const QByteArray answer = "nitroscope-demo: insmod " + enclave.module;
        QVERIFY2(guest.ask("insmod " + enclave.module, answer).join('\n').contains(answer + " done"),
                 guest.guest.console().right(300));
        const KernelView loaded = reader.read();
        QCOMPARE(loaded.modules.rows.size(), 1);
        const KernelModule &module = loaded.modules.rows.first();
        QByteArray printed;
        for (const QByteArray &line : guest.ask("cat /proc/modules", "nitroscope-demo: cat /proc/modules"))
            if (line.startsWith(module.name.toUtf8() + ' '))
                printed = line;
        // "name size users by state address"
        const QByteArrayList words = printed.split(' ');
        QVERIFY2(words.size() >= 6, printed);
        QCOMPARE(QByteArray::number(module.bytes), words[1]);
        QCOMPARE(module.state, u"live"_s);
        QCOMPARE(words[4], QByteArray("Live"));
        const auto kernel = reader.kernel();
        QVERIFY(kernel);
        QVERIFY(!readModuleSymbols(**kernel).isEmpty());
        QVERIFY(!readModuleSymbols(**kernel).first()->table.isEmpty());

        compareStack(guest, reader, u"demo-app"_s);
        guest.guest.command(u"stop"_s);
        QCOMPARE(*(*kernel)->address("asm_exc_page_fault"), pageFaultHandler(guest.guest));
        sleepingStacks(reader, DebugFrame::Method::orc);
        programOf(reader, enclave.eif);
    }

private:
    // Whatever the guest writes into its memory, reading it ends, and soon.
    void hostileRam(const RamGuest &guest, const symbols::KernelImagePointer &image,
                    const RunningKernel &kernel) {
        const auto ram = std::make_shared<test::HostileRam>(
            *launch::FileSource::open(QFile::encodeName(guest.ram()).constData(), "guest memory"));
        ram->keepStart = image->start() + kernel.slide() + kernel.physicalOffset();
        ram->keepEnd = ram->keepStart + (12 << 20); // code and read-only data
        QElapsedTimer timer;
        timer.start();
        qsizetype rows = 0;
        for (quint64 round = 0; round <= 60; ++round) {
            ram->oneOf = round % 3 == 0 ? 4096 : round % 3 == 1 ? 256 : 16;
            ram->round = 0;
            KernelReader reader(guest::PhysicalMemory(ram, arch::x86_64()),
                                round % 2 ? image : image->functionsOnly());
            if (round % 4 != 0) // found in good order, hostile afterwards
                QVERIFY(reader.kernel());
            ram->round = round;
            const KernelView view = reader.read();
            rows += view.tasks.rows.size() + view.log.rows.size() + view.modules.rows.size();
            QVERIFY(view.tasks.rows.size() <= 65536);
            for (const KernelTask &task : view.tasks.rows)
                if (const auto layout = reader.tasks(); layout && reader.kernel()) {
                    (void)framesOf(reader, task);
                    (void)readProcess(**reader.kernel(), *layout, task.taskAddress);
                    break;
                }
        }
        QVERIFY(rows > 0);
        QVERIFY2(timer.elapsed() < 120'000, QByteArray::number(timer.elapsed()));
    }

    // The command shows what the library reads.
    void commandLine(const RamGuest &guest, const KernelView &view) {
        const auto run = [&](const QStringList &arguments) {
            QProcess cli;
            cli.start(QStringLiteral(NITROSCOPE_BINARY_DIR "/bin/nitroscope-cli"),
                      arguments + QStringList{u"--ram"_s, guest.ram()});
            return cli.waitForFinished(120'000) && cli.exitCode() == 0 ? cli.readAllStandardOutput()
                                                                       : QByteArray();
        };
        const QString eif = Guest::demoEif(), kernel = u"--kernel"_s;
        const QByteArray log = run({u"kernel"_s, u"log"_s, kernel, eif});
        QCOMPARE(log.count('\n'), shownLog(view.log.rows).size());
        const QByteArray tasks = run({u"kernel"_s, u"tasks"_s, kernel, eif});
        QVERIFY2(tasks.contains(" demo-app\n") && tasks.contains("kthreadd"), tasks);
        // This kernel has no types: nobody knows whose child a task is.
        for (const QByteArray &line : tasks.split('\n').mid(1))
            QVERIFY2(line.isEmpty() || line.simplified().split(' ').value(1) == "-", line);
        commandLineJson(run, view);
        const QByteArray symbols = run({u"symbols"_s, eif});
        const QByteArray start =
            QByteArray::number(view.slide + 0xffffffff81000000, 16); // CONFIG_PHYSICAL_START is 16 MiB
        QVERIFY2(symbols.contains(start + " T _text\n"), symbols.right(300));
    }

    // The same as JSON, of a guest that is stopped: what the library has read with types.
    void commandLineJson(const std::function<QByteArray(const QStringList &)> &run, const KernelView &view) {
        const QString eif = Guest::demoEif(), vmlinux = QStringLiteral(NITROSCOPE_BINARY_DIR "/demo/vmlinux");
        const auto list = [&](const char *part, const QStringList &more = {}) {
            return QJsonDocument::fromJson(
                       run(QStringList{u"kernel"_s, QLatin1String(part), u"--json"_s, u"--kernel"_s, eif} +
                           more))
                .array();
        };
        const QJsonArray log = list("log");
        QCOMPARE(log.size(), view.log.rows.size());
        for (qsizetype i = 0; i < log.size(); ++i) {
            QCOMPARE(log[i]["Text"].toString(), view.log.rows[i].text);
            QCOMPARE(log[i]["Level"].toInt(), view.log.rows[i].level);
            QCOMPARE(log[i]["Nanoseconds"].toInteger(), qint64(view.log.rows[i].nanoseconds));
        }
        const QJsonArray untyped = list("tasks"), typed = list("tasks", {u"--debug-file"_s, vmlinux});
        // The idle tasks of further processors are in no list that is found without types.
        const auto isIdle = [](const QJsonValue &task) { return task["PID"].toInt() == 0; };
        QCOMPARE(untyped.size() - std::ranges::count_if(untyped, isIdle),
                 typed.size() - std::ranges::count_if(typed, isIdle));
        for (const QJsonValue task : untyped)
            QVERIFY(task["PPID"].isNull());
        QCOMPARE(typed.size(), view.tasks.rows.size());
        for (qsizetype i = 0; i < typed.size(); ++i) {
            const KernelTask &task = view.tasks.rows[i];
            QCOMPARE(typed[i]["PPID"].isNull(), !task.parent);
            QCOMPARE(typed[i]["PPID"].toInt(), task.parent.value_or(0));
            QCOMPARE(typed[i]["PID"].toInt(), task.pid);
            QCOMPARE(typed[i]["Name"].toString(), task.name);
            QCOMPARE(typed[i]["State"].toString(), task.state);
            QCOMPARE(typed[i]["KernelThread"].toBool(), task.isKernelThread);
            QCOMPARE(typed[i]["Stack"].toString().toULongLong(nullptr, 16), task.stack);
        }
        QCOMPARE(list("modules", {u"--debug-file"_s, vmlinux}).size(), view.modules.rows.size());
        const QByteArrayList lines = run({u"symbols"_s, eif}).trimmed().split('\n');
        const QJsonArray symbols = QJsonDocument::fromJson(run({u"symbols"_s, u"--json"_s, eif})).array();
        QCOMPARE(symbols.size(), lines.size());
        for (qsizetype i = 0; i < symbols.size(); ++i)
            QCOMPARE(symbols[i]["Address"].toString() + u' ' + symbols[i]["Type"].toString() + u' ' +
                         symbols[i]["Name"].toString(),
                     QString::fromUtf8(lines[i]));
    }

    // The demo's application waits in a system call: its stack goes through the kernel's entry to its own
    // main().
    void programOf(KernelReader &reader, const QString &eif) {
        const auto kernel = reader.kernel();
        const auto layout = reader.tasks();
        const auto programs = EnclavePrograms::open(eif);
        QVERIFY(kernel && layout && programs);
        for (const KernelTask &task : reader.read().tasks.rows) {
            if (task.name != u"demo-app" || task.cpu)
                continue;
            const auto process = readProcess(**kernel, *layout, task.taskAddress);
            QVERIFY2(process, process ? "" : qPrintable(process.error().text()));
            const QVector<LoadedProgram> loaded = (*programs)->loadedBy(*process);
            QCOMPARE(loaded.size(), 1);
            QCOMPARE(loaded[0].program->name(), u"demo-app"_s);
            const guest::VirtualMemory memory(
                reader.memory(), {(*kernel)->mapped()->translation().paging, process->pageTable});
            const ReadGuest read = [&memory](quint64 address, quint64 bytes) {
                return memory.readUpTo(address, bytes);
            };
            SymbolParts parts;
            parts.kernel = (*kernel)->image();
            parts.slide = (*kernel)->slide();
            parts.programs = loaded;
            const auto sp = (*kernel)->value<quint64>(task.taskAddress + *layout->savedSp);
            const auto start = UnwindStart::sleeping(arch::x86_64(), *sp, read);
            QVERIFY(start);
            QStringList places;
            for (const DebugFrame &frame : unwind(*start, DebugSymbols(parts), read, 64))
                places << (frame.isUser ? u"user "_s : u"kernel "_s) + frame.place;
            const bool reachesMain = std::any_of(places.cbegin(), places.cend(), [](const QString &place) {
                return place.startsWith(u"user main+") || place.startsWith(u"user __libc_start_");
            });
            QVERIFY2(reachesMain, qPrintable(places.join(u'\n')));
            return;
        }
        QFAIL("the application is not there, or runs");
    }

    QVector<DebugFrame> framesOf(KernelReader &reader, const KernelTask &task) {
        const auto kernel = reader.kernel();
        const auto layout = reader.tasks();
        if (!kernel || !layout || !layout->savedSp)
            return {};
        const RunningKernel &running = **kernel;
        const ReadGuest read = [&running](quint64 address, quint64 bytes) {
            return running.bytes(address, bytes);
        };
        const auto sp = running.value<quint64>(task.taskAddress + *layout->savedSp);
        const auto start = sp ? UnwindStart::sleeping(arch::x86_64(), *sp, read) : std::nullopt;
        if (!start)
            return {};
        SymbolParts parts;
        parts.kernel = running.image();
        parts.slide = running.slide();
        return unwind(*start, DebugSymbols(parts), read, 64);
    }

    // Every task that does not run was left in the scheduler, and its kernel stack begins at the kernel's
    // entry or where the task was made.
    void sleepingStacks(KernelReader &reader, DebugFrame::Method method) {
        const KernelView view = reader.read();
        int whole = 0, count = 0;
        bool isMethodUsed = false;
        for (const KernelTask &task : view.tasks.rows) {
            if (task.cpu || task.pid == 0)
                continue;
            const QVector<DebugFrame> frames = framesOf(reader, task);
            ++count;
            bool isWhole = false;
            for (const DebugFrame &frame : frames) {
                isWhole = isWhole || frame.isUser || frame.place.startsWith(u"ret_from_fork");
                isMethodUsed = isMethodUsed || frame.method == method;
            }
            if (isWhole)
                ++whole;
            else
                qInfo() << task.name << frames.size() << (frames.isEmpty() ? QString() : frames.last().place);
        }
        QVERIFY(count > 10);
        QCOMPARE(whole, count);
        QVERIFY(isMethodUsed);
    }

    // The kernel's own unwinder as oracle: /proc/PID/stack.
    void compareStack(RamGuest &guest, KernelReader &reader, const QString &name) {
        const KernelView view = reader.read();
        for (const KernelTask &task : view.tasks.rows) {
            if (task.name != name || task.state != u"S")
                continue;
            QStringList printed, ours;
            const QByteArray file = "/proc/" + QByteArray::number(task.pid) + "/stack";
            static const QRegularExpression text(u"^\\[<0>\\] (\\S+)\\+0x([0-9a-f]+)/"_s);
            for (const QByteArray &line : guest.ask("cat " + file, "nitroscope-demo: cat " + file))
                if (const auto match = text.match(QString::fromUtf8(line)); match.hasMatch())
                    printed << match.captured(1) + u"+0x"_s + match.captured(2);
            for (const DebugFrame &frame : framesOf(reader, task))
                if (!frame.isUser && !frame.isInline)
                    ours << frame.place;
            // The kernel leaves out the scheduler's own frames.
            while (!ours.isEmpty() && !printed.isEmpty() && ours.first() != printed.first())
                ours.removeFirst();
            QVERIFY(!printed.isEmpty());
            QCOMPARE(ours, printed);
            return;
        }
        QFAIL("the task is not there");
    }
};

QTEST_GUILESS_MAIN(TestKernelView)
#include "tst_kernel_view.moc"
