// SPDX-License-Identifier: GPL-2.0-or-later
//
// `check` on real enclaves: the example of docs/ci holds for the demo; images that fail are explained, each row of
// docs/diagnosis.md that an image can be made for with one of its own.
#include "tests/boot/support/init_image.hpp"
#include "tests/unit/cli/command.hpp"

#include <QDir>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTemporaryDir>
#include <QtTest>

using namespace nitroscope::test;
using namespace nitroscope::tests;

Q_DECLARE_METATYPE(InitImage)

namespace {

const QString demo = QStringLiteral(NITROSCOPE_BINARY_DIR "/demo/demo.eif");

QJsonObject reportOf(const CommandResult &outcome) {
    return QJsonDocument::fromJson(outcome.output).object();
}

InitImage image(const QByteArray &command, const std::function<void(InitImage &)> &change = {}) {
    InitImage made;
    made.command = command;
    if (change)
        change(made);
    return made;
}

} // namespace

class Check : public QObject {
    Q_OBJECT
private slots:
    void initTestCase() {
        if (!QFile::exists(demo))
            QSKIP("There is no demo enclave here: ./workbench build makes it.");
    }

    void demo_example_holds() {
        const QTemporaryDir folder;
        const QString junit = folder.filePath("results.xml"), artifacts = folder.filePath("failed");
        const CommandResult outcome =
            runCommand({"check", demo, "--expect", NITROSCOPE_SOURCE_DIR "/docs/ci/expect.toml", "--junit",
                        junit, "--artifacts", artifacts});
        QVERIFY2(outcome.exitCode == 0, outcome.output + outcome.error);
        QVERIFY2(!outcome.output.contains("FAIL"), outcome.output);
        QFile results(junit);
        QVERIFY(results.open(QIODevice::ReadOnly));
        QVERIFY(results.readAll().contains("failures=\"0\""));
        QVERIFY2(!QDir(artifacts).exists(), "nothing is left of a check that passed");
    }

    void demo_otherThanExpected_leavesWhatExplainsIt() {
        const QTemporaryDir folder;
        const QString artifacts = folder.filePath("failed");
        const CommandResult outcome =
            runCommand({"check", demo, "--fail-on", "echo on port 5000", "--contains", "never said",
                        "--artifacts", artifacts, "--json"});
        QCOMPARE(outcome.exitCode, 1);
        const QJsonObject report = reportOf(outcome);
        QCOMPARE(report["Passed"].toBool(true), false);
        QVERIFY(report["Expectations"][1]["Detail"].toString().contains("echo on port 5000"));
        for (const char *file : {"console.log", "report.txt", "report.json", "capture.pcapng"})
            QVERIFY2(QFileInfo(QDir(artifacts).filePath(file)).size() > 100, file);
        const CommandResult shown =
            runCommand({"capture", "show", artifacts + "/capture.pcapng", "--filter", "interface==console"});
        QCOMPARE(shown.exitCode, 0);
        QVERIFY(!shown.output.isEmpty());
    }

    void timeOut_isTold() {
        const CommandResult outcome =
            runCommand({"check", demo, "--contains", "never said", "--timeout", "3"});
        QCOMPARE(outcome.exitCode, 1);
        QVERIFY2(outcome.output.contains("The time was up"), outcome.output);
    }

    void image_thatFails_isExplained_data() {
        QTest::addColumn<InitImage>("image");
        QTest::addColumn<QStringList>("options");
        QTest::addColumn<int>("exitCode");
        QTest::addColumn<QString>("code");
        QTest::addColumn<QString>("rule");
        const QStringList none;
        QTest::newRow("interpreter missing")
            << image("/start\n", [](InitImage &i) { i.programs["start"] = "#!/bin/nothing\n"; }) << none << 7
            << "program-not-found"
            << "program-interpreter-missing";
        QTest::newRow("not executable")
            << image("/start\n", [](InitImage &i) { i.files["start"] = "#!/bin/probe\n"; }) << none << 7
            << "program-not-executable"
            << "program-not-executable";
        QTest::newRow("not a program")
            << image("/start\n", [](InitImage &i) { i.programs["start"] = QByteArray(64, 'x'); }) << none << 7
            << "program-not-found"
            << "program-interpreter-missing";
        QTest::newRow("no command") << image(QByteArray()) << none << 3 << "application-missing"
                                    << "cmd-missing";
        QTest::newRow("folder missing") << image("probe\n", [](InitImage &i) { i.folders.removeAll("tmp"); })
                                        << none << 3 << "folder-missing"
                                        << "mount-point-missing";
        QTest::newRow("no heartbeat")
            << image("probe\n") << QStringList{"--heartbeat", "off"} << 3 << "heartbeat-unanswered"
            << "";
    }

    void image_thatFails_isExplained() {
        QFETCH(InitImage, image);
        QFETCH(QStringList, options);
        QFETCH(int, exitCode);
        QFETCH(QString, code);
        QFETCH(QString, rule);
        const QTemporaryDir folder;
        const QString eif = makeInitImage(image, ownInit(), folder.path());
        QVERIFY2(!eif.isEmpty(), "the image cannot be made; build everything first");
        const CommandResult outcome =
            runCommand(QStringList{"check", eif, "--exit-code", "0", "--json", "--memory", "128"} + options);
        QVERIFY2(outcome.exitCode == 1, outcome.output + outcome.error);
        const QJsonObject report = reportOf(outcome);
        QCOMPARE(report["ExitCode"].toInt(), exitCode);
        const QJsonObject cause = report["Diagnosis"][0].toObject();
        QVERIFY2(cause["Code"].toString() == code, outcome.output);
        const QJsonArray grounds = cause["Grounds"].toArray();
        QVERIFY2(grounds[0]["Where"].toString().startsWith("console, line "), outcome.output);
        if (!rule.isEmpty())
            QVERIFY2(grounds[1]["Rule"].toString() == rule, outcome.output);
    }

    void nothingExpected_orNoFile_isRefused() {
        QCOMPARE(runCommand({"check", demo}).exitCode, 2);
        QCOMPARE(runCommand({"check", "/nowhere.eif", "--exit-code", "0"}).exitCode, 2);
        const CommandResult outcome = runCommand({"check", demo, "--contains", "("});
        QCOMPARE(outcome.exitCode, 2);
        QVERIFY(outcome.error.contains("no regular expression"));
    }
};

QTEST_GUILESS_MAIN(Check)
#include "tst_check.moc"
