// SPDX-License-Identifier: GPL-2.0-or-later
//
// The walk along a boot at its last silent stop: how far the kernel was moved is read from its relocated fields,
// and what is still under way when the machine is reset is about a kernel that is gone.
#include "app/session/debug/boot_walk.hpp"
#include "tests/unit/gdb/broker_bench.hpp"

#include <QSignalSpy>

using namespace nitroscope;
using namespace nitroscope::app;
using nitroscope::tests::settle;

namespace {

constexpr quint64 entry = 0x1000000, moved = 0x2000000;

struct Bench : tests::BrokerBench {
    MachineControl control;
    std::unique_ptr<BootWalk> walk;
    QVector<BootWalk::Verdict> verdicts;
    QStringList texts;

    Bench() {
        start();
        auto map = std::make_shared<BootMap>();
        map->unpackedEntry = entry;
        for (const quint32 at : {0x100, 0x200}) {
            const formats::RelocatedField field{entry + at, 0x81000000 + at};
            QByteArray bytes(4, '\0');
            qToLittleEndian<quint32>(field.linked + moved, bytes.data());
            stub.memory[field.physical] = bytes;
            map->fields.append(field);
        }
        walk = std::make_unique<BootWalk>(broker.get(), &window, &control);
        walk->begin(std::move(map));
        settle();
    }
    // The first instruction of the unpacked kernel.
    void arrive() {
        TargetStop stop = *broker->lastStop();
        stop.pc = entry;
        walk->consider(stop, [this](BootWalk::Verdict verdict, const QString &text) {
            verdicts << verdict;
            texts << text;
        });
        settle();
    }
};

} // namespace

class TestBootWalk : public QObject {
    Q_OBJECT

private slots:
    void fields_thatAgree_giveTheSlide() {
        Bench bench;
        bench.arrive();
        QCOMPARE(bench.verdicts, QVector<BootWalk::Verdict>{BootWalk::Verdict::goesOn});
        QCOMPARE(bench.walk->slide(), std::optional<quint64>(moved));
    }

    void boot_passedPoint_saysSoUntilTheReset() {
        Bench bench;
        QVERIFY(!bench.walk->problem(BootPoint::kernelUnpacked).contains(u"passed"_s));
        bench.arrive();
        QVERIFY(bench.walk->problem(BootPoint::kernelUnpacked).contains(u"passed"_s));
        QVERIFY(bench.walk->problem(BootPoint::firmwareEntry).contains(u"passed"_s));
        QVERIFY(!bench.walk->problem(BootPoint::startKernel).contains(u"passed"_s));
        QVERIFY(bench.walk->problem(BootPoint::nsmRequest).isEmpty());
        bench.walk->afterReset();
        QVERIFY(!bench.walk->problem(BootPoint::kernelUnpacked).contains(u"passed"_s));
    }

    void fields_thatDisagree_giveNone() {
        Bench bench;
        bench.stub.memory[entry + 0x200] = QByteArray(4, '\0');
        bench.arrive();
        QCOMPARE(bench.verdicts, QVector<BootWalk::Verdict>{BootWalk::Verdict::goesOn});
        QVERIFY(!bench.walk->slide());
    }

    void reset_whileFieldsAreRead_voidsTheVotes() {
        Bench bench;
        bench.walk->aim(BootPoint::kernelUnpacked);
        bench.stub.isSlow = true;
        bench.arrive();
        QVERIFY(bench.verdicts.isEmpty());
        bench.walk->afterReset();
        QSignalSpy placed(bench.walk.get(), &BootWalk::placed);
        bench.stub.answerNow();
        settle();
        QCOMPARE(bench.verdicts, QVector<BootWalk::Verdict>{BootWalk::Verdict::goesOn});
        QVERIFY(bench.texts.first().isEmpty());
        QVERIFY(!bench.walk->slide());
        QCOMPARE(placed.count(), 0);
        // The new boot is followed, and the aim still holds.
        bench.arrive();
        QCOMPARE(bench.verdicts.last(), BootWalk::Verdict::arrived);
        QCOMPARE(bench.walk->slide(), std::optional<quint64>(moved));
    }
};

QTEST_GUILESS_MAIN(TestBootWalk)
#include "tst_boot_walk.moc"
