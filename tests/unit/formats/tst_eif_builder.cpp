// SPDX-License-Identifier: GPL-2.0-or-later
//
// The builder: what it writes is what the independent maker writes, parses without findings, measures as it
// should, is the same every time, and never leaves half a file behind.

#include "app/formats/eif/eif_builder.hpp"
#include "tests/unit/launch/eif_maker.hpp"

#include <QDir>
#include <QFile>
#include <QJsonObject>
#include <QTest>

using namespace nitroscope;
using namespace nitroscope::formats;
using namespace nitroscope::test;
using namespace Qt::Literals::StringLiterals;

namespace {

QByteArray contentOf(const QString &path) {
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

} // namespace

class EifBuilderTest : public QObject {
    Q_OBJECT

private slots:
    void init() {
        m_folder = std::make_unique<QTemporaryDir>();
        m_output = m_folder->filePath(u"out.eif"_s);
        qunsetenv("SOURCE_DATE_EPOCH");
    }

    void build_isByteForByteWhatTheFormatSays() {
        EifRecipe recipe = usualRecipe();
        recipe.identity = {.imageName = u"demo"_s,
                           .imageVersion = u"2.1"_s,
                           .buildTool = u"tool"_s,
                           .buildToolVersion = u"3"_s,
                           .operatingSystem = u"Debian"_s,
                           .kernelVersion = u"6.1"_s,
                           .dockerInfo = QJsonObject{{u"Id"_s, u"x"_s}},
                           .customMetadata = R"({ "team": 7 })"};
        recipe.buildTime = QDateTime::fromSecsSinceEpoch(1'767'323'045, Qt::UTC);
        const auto built = buildEif(recipe, m_output);
        QVERIFY2(built.has_value(), built ? "" : qPrintable(built.error().message));
        TestSections sections = usualSections();
        sections[2].data =
            R"({"ImageName":"demo","ImageVersion":"2.1","BuildMetadata":{"BuildTime":"2026-01-02T03:04:05.000+00:00",)"
            R"("BuildTool":"tool","BuildToolVersion":"3","OperatingSystem":"Debian","KernelVersion":"6.1"},)"
            R"("DockerInfo":{"Id":"x"},"CustomMetadata":{"team":7}})";
        QCOMPARE(contentOf(m_output), makeEif(sections));
        QCOMPARE(built->pcr0, expectedPcr(0, sections));
        QCOMPARE(built->pcr1, expectedPcr(1, sections));
        QCOMPARE(built->pcr2, expectedPcr(2, sections));
    }

    void build_result_parsesWithoutFindings() {
        QVERIFY(buildEif(usualRecipe(), m_output).has_value());
        const auto document = EifDocument::open(m_output);
        QVERIFY(document.has_value());
        QCOMPARE(document->severity(), Severity::none);
        const QJsonObject metadata = document->metadata();
        QCOMPARE(metadata.value(u"ImageName"_s).toString(), u"out"_s);
        const QJsonObject build = metadata.value(u"BuildMetadata"_s).toObject();
        QCOMPARE(build.value(u"KernelVersion"_s).toString(), u"6.12.0-test"_s);
        QVERIFY(metadata.value(u"CustomMetadata"_s).isNull());
        QVERIFY(document->measurements()->isCrcGood());
    }

    void build_commandLine_losesOnlyItsLineBreak() {
        EifRecipe recipe = usualRecipe();
        recipe.commandLine = u"  a b \n"_s;
        QVERIFY(buildEif(recipe, m_output).has_value());
        QCOMPARE(EifDocument::open(m_output)->commandLine(), u"  a b "_s);
    }

    void build_withSourceDateEpoch_isReproducible() {
        qputenv("SOURCE_DATE_EPOCH", "1700000000");
        QVERIFY(buildEif(usualRecipe(), m_output).has_value());
        const QByteArray first = contentOf(m_output);
        QVERIFY(buildEif(usualRecipe(), m_output).has_value());
        QCOMPARE(contentOf(m_output), first);
        QVERIFY(first.contains("\"BuildTime\":\"2023-11-14T22:13:20.000+00:00\""));
    }

    // Reproducible builds ask for it: as if it were not set, the image would be another one each time.
    void build_withMalformedSourceDateEpoch_isRefused_data() {
        QTest::addColumn<QByteArray>("epoch");
        for (const char *epoch : {"abc", "-1", "1700000000.5", "2023-11-14", "253402300800"})
            QTest::newRow(epoch) << QByteArray(epoch);
    }

    void build_withMalformedSourceDateEpoch_isRefused() {
        QFETCH(QByteArray, epoch);
        qputenv("SOURCE_DATE_EPOCH", epoch);
        const auto built = buildEif(usualRecipe(), m_output);
        QVERIFY(!built.has_value());
        QVERIFY2(built.error().message.contains(u"SOURCE_DATE_EPOCH"_s), qPrintable(built.error().message));
        QVERIFY(!QFile::exists(m_output));
    }

    void build_timeNeverChangesThePcrs() {
        EifRecipe recipe = usualRecipe();
        recipe.buildTime = QDateTime::fromSecsSinceEpoch(1, Qt::UTC);
        const auto first = buildEif(recipe, m_output);
        recipe.buildTime = QDateTime::fromSecsSinceEpoch(2, Qt::UTC);
        const auto second = buildEif(recipe, m_output);
        QCOMPARE(first->pcr0, second->pcr0);
        QVERIFY(first->storedCrc != second->storedCrc);
    }

    void build_badInput_leavesOldFileAlone_data() {
        QTest::addColumn<EifRecipe>("recipe");
        QTest::addColumn<QString>("code");
        m_folder = std::make_unique<QTemporaryDir>();
        EifRecipe recipe = usualRecipe();
        recipe.kernelPath = u"/nonexistent/kernel"_s;
        QTest::newRow("kernel missing") << recipe << u"input"_s;
        recipe.kernelPath = QDir::tempPath();
        QTest::newRow("kernel is a directory") << recipe << u"input"_s;
        recipe.kernelPath.clear();
        QTest::newRow("no kernel") << recipe << u"recipe"_s;
        recipe = usualRecipe();
        recipe.ramdiskPaths = {u"/dev/null"_s};
        QTest::newRow("empty ramdisk") << recipe << u"input"_s;
        recipe.ramdiskPaths.clear();
        QTest::newRow("no ramdisk") << recipe << u"recipe"_s;
        recipe.ramdiskPaths = QStringList(30, u"x"_s);
        QTest::newRow("30 ramdisks") << recipe << u"recipe"_s;
        recipe = usualRecipe();
        recipe.identity.customMetadata = '"' + QByteArray(5000, 'x') + '"';
        QTest::newRow("much metadata") << recipe << u"recipe"_s;
        recipe.identity.customMetadata = "{";
        QTest::newRow("half metadata") << recipe << u"recipe"_s;
    }

    void build_badInput_leavesOldFileAlone() {
        QFETCH(EifRecipe, recipe);
        QFETCH(QString, code);
        writeFile(*m_folder, "out.eif", "old");
        // The recipes of the table point into another folder; recreate what they name.
        if (recipe.kernelPath.endsWith(u"/kernel"_s) && !recipe.kernelPath.startsWith(u"/nonexistent"_s))
            recipe.kernelPath = usualRecipe().kernelPath;
        const auto built = buildEif(recipe, m_output);
        QVERIFY(!built.has_value());
        QCOMPARE(built.error().code, code);
        QCOMPARE(contentOf(m_output), QByteArray("old"));
        QVERIFY(QDir(m_folder->path()).entryList({u"out.eif.*"_s}).isEmpty());
    }

    void build_unwritableOutput_isAnError() {
        const auto built = buildEif(usualRecipe(), u"/nonexistent/folder/out.eif"_s);
        QVERIFY(!built.has_value());
        QCOMPARE(built.error().code, u"output"_s);
    }

    void build_cancelled_writesNothing() {
        std::stop_source stop;
        stop.request_stop();
        const auto built = buildEif(usualRecipe(), m_output, stop.get_token());
        QVERIFY(!built.has_value());
        QCOMPARE(built.error().code, u"cancelled"_s);
        QVERIFY(!QFile::exists(m_output));
    }

private:
    EifRecipe usualRecipe() const {
        const TestSections sections = usualSections();
        const auto path = [&](const char *name, int section) {
            return QFile::decodeName(writeFile(*m_folder, name, sections[section].data));
        };
        return {.kernelPath = path("kernel", 0),
                .commandLine = QString::fromLatin1(sections[1].data),
                .ramdiskPaths = {path("ramdisk0", 3), path("ramdisk1", 4)},
                .identity = {}};
    }

    std::unique_ptr<QTemporaryDir> m_folder;
    QString m_output;
};

QTEST_GUILESS_MAIN(EifBuilderTest)
#include "tst_eif_builder.moc"
