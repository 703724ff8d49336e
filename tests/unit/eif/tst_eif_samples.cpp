// SPDX-License-Identifier: GPL-2.0-or-later
//
// The shared sample images against what their list says about them.
#include "tests/unit/eif/eif_bytes.hpp"
#include "tests/unit/support/samples.hpp"

#include <QFile>
#include <QJsonDocument>
#include <QJsonObject>
#include <QtTest>

using namespace nitroscope;
using eif::Problem;

class TestEifSamples : public QObject {
    Q_OBJECT

private slots:
    void samples_storedCrc_isReadAndComputed() {
        NITROSCOPE_REQUIRE_SAMPLES(dir);
        QFile list(dir->filePath("eif/EXPECTED.json"));
        QVERIFY(list.open(QIODevice::ReadOnly));
        const QJsonObject expected = QJsonDocument::fromJson(list.readAll()).object();
        QVERIFY(!expected.isEmpty());
        for (auto it = expected.begin(); it != expected.end(); ++it) {
            QFile file(dir->filePath("eif/" + it.key() + ".eif"));
            QVERIFY2(file.open(QIODevice::ReadOnly), qPrintable(file.fileName()));
            const QByteArray bytes = file.readAll();
            const eif::Image image = test::parseBytes(bytes);
            QCOMPARE(qint64(bytes.size()), it->toObject()["bytes"].toInteger());
            QCOMPARE(QString("%1").arg(image.header.crc32, 8, 16, QChar('0')),
                     it->toObject()["crc"].toString());
            const bool isDamaged = it.key() == "v4-badcrc" || it.key() == "v4-truncated";
            QVERIFY2((test::computedCrc(bytes) == image.header.crc32) != isDamaged, qPrintable(it.key()));
        }
    }

    void samples_verdict_data() {
        QTest::addColumn<int>("problem");
        QTest::newRow("v3-nometa") << 0;
        QTest::newRow("v4-aarch64") << int(Problem::wrongArchitecture);
        QTest::newRow("v4-badcrc") << 0; // its structure is right
        QTest::newRow("v4-badmagic") << int(Problem::badMagic);
        QTest::newRow("v4-gap") << int(Problem::sectionGap);
        QTest::newRow("v4-nometa") << int(Problem::metadataMissing);
        QTest::newRow("v4-one-ramdisk") << 0;
        QTest::newRow("v4-signed-badsig") << 0; // signatures are judged elsewhere
        QTest::newRow("v4-signed-es384") << 0;
        QTest::newRow("v4-truncated") << int(Problem::sectionDataCut);
        QTest::newRow("v4-unsigned") << 0;
    }
    void samples_verdict() {
        NITROSCOPE_REQUIRE_SAMPLES(dir);
        QFETCH(const int, problem);
        QFile file(dir->filePath(QString("eif/%1.eif").arg(QTest::currentDataTag())));
        QVERIFY(file.open(QIODevice::ReadOnly));
        const eif::Image image = test::parseBytes(file.readAll());
        QCOMPARE(image.diagnostics.size(), problem == 0 ? 0u : 1u);
        if (problem != 0)
            QCOMPARE(int(image.diagnostics.begin()->problem), problem);
    }
};

QTEST_APPLESS_MAIN(TestEifSamples)
#include "tst_eif_samples.moc"
