// SPDX-License-Identifier: GPL-2.0-or-later
//
// Backwards through the beginning of an enclave's life: what is seen going back must be what was seen going forward, and
// stock gdb must find the same places.
#include "tests/debug/replay_bench.hpp"

#include <QRegularExpression>
#include <QStandardPaths>

using namespace nitroscope;
using namespace nitroscope::app;
using namespace Qt::Literals::StringLiterals;
using nitroscope::test::Guest;
using nitroscope::test::ReplayBench;

class TestReverse : public QObject {
    Q_OBJECT

    std::unique_ptr<ReplayBench> m_bench;

    DebugStop goTo(quint64 address) {
        return m_bench->stopAfter([&] { m_bench->target->runTo(address); });
    }
    int watch(quint64 address) {
        DebugBreakpoint wanted;
        wanted.kind = DebugBreakpoint::Kind::write;
        wanted.place = u"0x%1"_s.arg(address, 0, 16);
        wanted.length = 8;
        m_bench->target->addBreakpoint(wanted);
        return m_bench->target->breakpoints().last().number;
    }

private slots:
    void initTestCase() {
        NITROSCOPE_REQUIRE_GUEST();
        m_bench = std::make_unique<ReplayBench>();
        QVERIFY(m_bench->record("Run /init"));
        QVERIFY(m_bench->replay());
        QVERIFY(m_bench->target->reverseProblem().isEmpty());
        const DebugStop stop =
            m_bench->stopAfter([&] { m_bench->target->runToBootPoint(BootPoint::startKernel); });
        QCOMPARE(stop.why, DebugStop::Why::bootPoint);
        QVERIFY(stop.instruction.value_or(0) > 0);
    }
    void cleanupTestCase() { m_bench.reset(); }

    void steps_back_undoSteps() {
        QVector<std::pair<quint64, QByteArray>> forward;
        for (int i = 0; i < 4; ++i) {
            forward.append({m_bench->instruction(), m_bench->registers()});
            QCOMPARE(m_bench->stopAfter(&DebugTarget::step).why, DebugStop::Why::step);
        }
        while (!forward.isEmpty()) {
            m_bench->stopAfter(&DebugTarget::stepBack);
            QCOMPARE(m_bench->instruction(), forward.last().first);
            QVERIFY(m_bench->registers() == forward.takeLast().second);
        }
    }

    void call_steppedOverAndBack_isOne() {
        // At a call of start_kernel's own: the first that it makes.
        const quint64 function = m_bench->symbol("start_kernel");
        DebugStop stop = m_bench->stops.last();
        DebugStop before;
        for (int i = 0; i < 40; ++i) {
            before = stop;
            stop = m_bench->stopAfter(&DebugTarget::stepOver);
            if (*stop.instruction - *before.instruction > 1)
                break;
        }
        QVERIFY(*stop.instruction - *before.instruction > 1);
        QVERIFY(stop.pc - function < 0x1000);
        QCOMPARE(m_bench->stopAfter(&DebugTarget::stepOverBack).instruction, before.instruction);
        // Into the function, and out of it backwards.
        m_bench->stopAfter(&DebugTarget::step);
        m_bench->stopAfter(&DebugTarget::step);
        QCOMPARE(m_bench->stopAfter(&DebugTarget::stepOutBack).instruction, before.instruction);
    }

    void breakpoint_countsBackwards() {
        DebugBreakpoint wanted;
        wanted.place = u"_printk"_s;
        m_bench->target->addBreakpoint(wanted);
        const int number = m_bench->target->breakpoints().last().number;
        QVector<quint64> hits;
        for (int i = 0; i < 3; ++i) {
            m_bench->stopAfter(&DebugTarget::resume);
            QCOMPARE(m_bench->stops.last().why, DebugStop::Why::breakpoint);
            hits.append(m_bench->instruction());
        }
        QCOMPARE(m_bench->stopAfter(&DebugTarget::resumeBack).instruction, std::optional(hits[1]));
        QCOMPARE(m_bench->target->breakpoints().last().hits, 2U);
        QCOMPARE(m_bench->stopAfter(&DebugTarget::resumeBack).instruction, std::optional(hits[0]));
        m_bench->target->removeBreakpoint(number);
        // The stage before.
        const DebugStop stage = m_bench->stopAfter(&DebugTarget::runBackToStage);
        QCOMPARE(stage.why, DebugStop::Why::bootPoint);
        QCOMPARE(stage.pc, m_bench->symbol("start_kernel"));
    }

    void writer_foundBackwards_isTheOneThatAForwardWatchpointFinds() {
        // The top of the stack of whoever prints: written again and again.
        goTo(m_bench->symbol("_printk"));
        const quint64 address = m_bench->gdb->broker()->lastStop()->stackPointer() - 8;
        const int number = watch(address);
        quint64 lastWriter = 0;
        for (int i = 0; i < 3; ++i) {
            const DebugStop stop = m_bench->stopAfter(&DebugTarget::resume);
            QCOMPARE(stop.why, DebugStop::Why::watchpoint);
            lastWriter = *stop.instruction - 1; // it stops behind the access
        }
        m_bench->target->removeBreakpoint(number);
        for (int i = 0; i < 3; ++i)
            m_bench->stopAfter(&DebugTarget::step);
        const auto answer =
            m_bench->ask({HistoryQuestion::Kind::writer, AddressSpace::guestVirtual, address, 8});
        QVERIFY(answer.has_value());
        QVERIFY2(answer->hits.size() == 1, qPrintable(answer->remark));
        QCOMPARE(answer->hits[0].instruction, lastWriter);
        QCOMPARE(m_bench->instruction(), lastWriter);
        QVERIFY(!answer->hits[0].frames.isEmpty());
        QCOMPARE(answer->remark, QString());
    }

    void portAccess_undoneAndDoneAgain_isTheSame() {
        const quint64 write = m_bench->symbol("serial8250_console_write");
        QVERIFY(write != 0);
        QCOMPARE(goTo(write).pc, write);
        constexpr int maxSteps = 600;
        const auto isInside = [this] {
            const auto place = m_bench->target->symbols()->place(m_bench->stops.last().pc);
            return place && place->name == "io_serial_out"_L1;
        };
        for (int i = 0; i < maxSteps && !isInside(); ++i)
            m_bench->stopAfter(&DebugTarget::step);
        QVERIFY(isInside());
        QVector<std::pair<quint64, QByteArray>> forward;
        for (int i = 0; i < 14; ++i) { // over the `out` and the return
            forward.append({m_bench->instruction(), m_bench->registers()});
            m_bench->stopAfter(&DebugTarget::step);
        }
        while (!forward.isEmpty()) {
            m_bench->stopAfter(&DebugTarget::stepBack);
            QCOMPARE(m_bench->instruction(), forward.last().first);
            QVERIFY(m_bench->registers() == forward.takeLast().second);
        }
    }

    void stockGdb_reverse_findsTheSamePlaces() {
        if (QStandardPaths::findExecutable(u"gdb"_s).isEmpty())
            QSKIP("stock gdb is needed");
        const quint64 print = m_bench->symbol("_printk");
        const DebugStop first = goTo(print);
        const DebugStop second = goTo(print);
        QProcess gdb;
        gdb.setProcessChannelMode(QProcess::MergedChannels);
        const auto command = [](const QString &text) { return QStringList{u"-ex"_s, text}; };
        gdb.start(u"gdb"_s, QStringList{u"-q"_s, u"-nx"_s, u"-batch"_s} + command(u"set pagination off"_s) +
                                command(u"target remote "_s + m_bench->socket) + command(u"reverse-stepi"_s) +
                                command(u"monitor info replay"_s) +
                                command(u"break *0x%1"_s.arg(print, 0, 16)) + command(u"reverse-continue"_s) +
                                command(u"monitor info replay"_s) + command(u"disconnect"_s));
        QVERIFY(QTest::qWaitFor([&] { return gdb.state() == QProcess::NotRunning; }, ReplayBench::patience));
        const QString said = QString::fromUtf8(gdb.readAll());
        static const QRegularExpression count(u"instruction count = ([0-9]+)"_s);
        QVector<quint64> places;
        for (auto found = count.globalMatch(said); found.hasNext();)
            places << found.next().captured(1).toULongLong();
        QVERIFY2(places == (QVector<quint64>{*second.instruction - 1, *first.instruction}), qPrintable(said));
    }

    void beginning_isSaid() {
        const DebugStop stop = m_bench->stopAfter(&DebugTarget::resumeBack);
        QCOMPARE(stop.why, DebugStop::Why::recordingEdge);
        QCOMPARE(stop.instruction, std::optional<quint64>(0));
    }
};

QTEST_GUILESS_MAIN(TestReverse)
#include "tst_reverse.moc"
