// SPDX-License-Identifier: GPL-2.0-or-later
//
// The shared sample EIFs: every measurement as recorded with them, and the verdict a real enclave's owner
// would get.

#include "firmware/eif/problem.hpp"
#include "tests/unit/launch/launch_guard.hpp"
#include "tests/unit/support/samples.hpp"

#include <QFile>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTest>

using namespace nitroscope;
using namespace nitroscope::test;
using namespace Qt::Literals::StringLiterals;

namespace {

enum Verdict { boots, refusedAtOpen, refusedAtMeasure };

uint32_t reasonOf(eif::Problem problem) {
    return static_cast<uint32_t>(problem);
}

} // namespace

class LaunchSamplesTest : public QObject {
    Q_OBJECT

private slots:
    void open_sample_givesVerdict_data() {
        QTest::addColumn<int>("verdict");
        QTest::addColumn<uint>("reason");
        QTest::addColumn<QByteArray>("code");
        const auto row = [](const char *name, Verdict verdict, uint32_t reason = 0, const char *code = "") {
            QTest::newRow(name) << int(verdict) << uint(reason) << QByteArray(code);
        };
        row("v3-nometa", boots);
        row("v4-unsigned", boots);
        row("v4-one-ramdisk", boots);
        row("v4-gap", boots);
        row("v4-signed-es384", boots);
        row("v4-aarch64", refusedAtOpen, reasonOf(eif::Problem::wrongArchitecture), "E36");
        row("v4-badmagic", refusedAtOpen, reasonOf(eif::Problem::badMagic), "E36");
        row("v4-nometa", refusedAtOpen, reasonOf(eif::Problem::metadataMissing), "E36");
        row("v4-truncated", refusedAtOpen, reasonOf(eif::Problem::sectionDataCut), "E35");
        row("v4-signed-badsig", refusedAtOpen, NITRO_LAUNCH_REASON_SIGNATURE_WRONG, "E59");
        row("v4-badcrc", refusedAtMeasure, reasonOf(eif::Problem::crcMismatch), "E36");
    }

    void open_sample_givesVerdict() {
        NITROSCOPE_REQUIRE_SAMPLES(samples);
        QFETCH(int, verdict);
        QFETCH(uint, reason);
        QFETCH(QByteArray, code);
        const QByteArray path = samplePath(*samples, QTest::currentDataTag());
        NitroLaunchOptions options = Launch::options(path);
        options.now_seconds = sampleTime;
        Launch launch(options);
        QVERIFY2(launch.isOpen() == (verdict != refusedAtOpen), launch.problem.message);
        NitroLaunchProblem problem = launch.problem;
        if (launch.isOpen()) {
            const int outcome = nitro_launch_wait(launch.get());
            QCOMPARE(outcome, verdict == boots ? NITRO_MEASURE_READY : NITRO_MEASURE_REFUSED);
            if (verdict == boots)
                return;
            problem = *nitro_launch_verdict(launch.get());
        }
        QCOMPARE(problem.reason, reason);
        QCOMPARE(QByteArray(problem.ecode), code);
        QVERIFY(QByteArray(problem.message).contains(code));
        QCOMPARE(problem.fatal, 1);
    }

    void measure_sample_matchesExpected_data() {
        QTest::addColumn<QJsonObject>("expected");
        const QJsonObject all = expectedSamples();
        for (auto it = all.begin(); it != all.end(); ++it)
            QTest::newRow(qPrintable(it.key())) << it->toObject();
        if (all.isEmpty())
            QTest::newRow("no samples") << QJsonObject();
    }

    // strict=off: everything that can be measured is.
    void measure_sample_matchesExpected() {
        NITROSCOPE_REQUIRE_SAMPLES(samples);
        QFETCH(QJsonObject, expected);
        const QByteArray path = samplePath(*samples, QTest::currentDataTag());
        NitroLaunchOptions options = Launch::options(path);
        options.strict = 0;
        Launch launch(options);
        QVERIFY2(launch.isOpen(), launch.problem.message);
        QCOMPARE(nitro_launch_wait(launch.get()), int(NITRO_MEASURE_READY));
        const bool isCut = QByteArray(QTest::currentDataTag()) == "v4-truncated";
        for (const unsigned pcr : {0u, 1u, 2u}) {
            const QString name = u"PCR%1"_s.arg(pcr);
            QCOMPARE(QString::fromLatin1(launch.pcr(pcr)), isCut ? QString() : expected[name].toString());
        }
        const QString zero(96, u'0');
        QCOMPARE(QString::fromLatin1(launch.pcr(8)), expected[u"PCR8"_s].toString(zero));
        const NitroLaunchFacts *facts = nitro_launch_facts(launch.get());
        QCOMPARE(QString::number(facts->stored_crc, 16).rightJustified(8, u'0'),
                 expected[u"crc"_s].toString());
        const bool isCrcWrong = isCut || QByteArray(QTest::currentDataTag()) == "v4-badcrc";
        QCOMPARE(facts->computed_crc != facts->stored_crc, isCrcWrong);
    }

private:
    static constexpr int64_t sampleTime = 1'790'000'000; // September 2026, within the samples' certificates

    static QByteArray samplePath(const QDir &samples, const char *name) {
        return QFile::encodeName(samples.filePath(u"eif/%1.eif"_s.arg(QLatin1String(name))));
    }

    static QJsonObject expectedSamples() {
        const auto samples = samplesDir();
        QFile file(samples ? samples->filePath(u"eif/EXPECTED.json"_s) : QString());
        return file.open(QIODevice::ReadOnly) ? QJsonDocument::fromJson(file.readAll()).object()
                                              : QJsonObject();
    }
};

QTEST_GUILESS_MAIN(LaunchSamplesTest)
#include "tst_launch_samples.moc"
