// SPDX-License-Identifier: GPL-2.0-or-later
//
// The launch library's C ABI when memory runs out: each allocation of opening and measuring an EIF fails in turn, on
// the caller's thread or on the library's own. No exception may come through, and the answer is a refusal that says so
// or the right measurement.
#include "tests/unit/launch/eif_maker.hpp"
#include "tests/unit/launch/launch_guard.hpp"
#include "tests/unit/support/failing_memory.hpp"

#include <QTemporaryDir>
#include <QtTest>

using namespace nitroscope::test;
using namespace Qt::Literals::StringLiterals;

class LaunchMemory : public QObject {
    Q_OBJECT

private slots:
    void life_anyAllocationFails_refusesOrMeasuresAsEver() {
        const QTemporaryDir folder;
        const QByteArray path = folder.filePath(u"signed.eif"_s).toLocal8Bit();
        QFile file(QString::fromLocal8Bit(path));
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(makeEif(usualSections()));
        file.close();
        NitroLaunchOptions options = Launch::options(path);
        options.append = "quiet";

        QByteArray right;
        {
            Launch launch(options);
            QVERIFY2(launch.isOpen(), launch.problem.message);
            QCOMPARE(nitro_launch_wait(launch.get()), int(NITRO_MEASURE_READY));
            right = launch.pcr(0);
        }
        int refused = 0, count = 0;
        for (bool hasFailed = true; hasFailed && count < 100000; ++count) {
            failAllocationAfter(count);
            Launch launch(options);
            const int outcome =
                launch.isOpen() ? nitro_launch_wait(launch.get()) : int(NITRO_MEASURE_REFUSED);
            hasFailed = allocationHasFailed();
            failAllocationAfter(-1);
            if (outcome == NITRO_MEASURE_READY) {
                QCOMPARE(launch.pcr(0), right);
                continue;
            }
            QVERIFY(hasFailed);
            ++refused;
            const NitroLaunchProblem &why =
                launch.isOpen() ? *nitro_launch_verdict(launch.get()) : launch.problem;
            QVERIFY2(QByteArray(why.message).contains("emory"), why.message);
        }
        QVERIFY(count > 10);
        QVERIFY(refused > 5);
    }

    void textPcr_noMemory_isZeros() {
        const std::string arn(200, 'a');
        uint8_t value[NITRO_LAUNCH_DIGEST_BYTES];
        for (int count = 0; count < 20; ++count) {
            failAllocationAfter(count);
            nitro_launch_role_pcr(arn.c_str(), value);
            const bool hasFailed = allocationHasFailed();
            failAllocationAfter(-1);
            const bool isZero = std::count(std::begin(value), std::end(value), 0) == std::ssize(value);
            QCOMPARE(isZero, hasFailed);
        }
    }
};

QTEST_GUILESS_MAIN(LaunchMemory)
#include "tst_launch_memory.moc"
