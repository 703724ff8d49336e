// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/session/check/check_report.hpp"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QtTest>
#include <QXmlStreamReader>

using namespace nitroscope::app;
using namespace Qt::Literals::StringLiterals;

namespace {

CheckOutcome failed() {
    CheckOutcome outcome;
    outcome.hasRun = true;
    outcome.seconds = 1.5;
    outcome.end = {EndKind::programNotStarted, "The program could not be started.", "Mend it."};
    outcome.verdicts = {{"console", "contains /ready/", Verdict::Kind::held, "line 3: ready"},
                        {"pcrs", "PCR0 is 00…", Verdict::Kind::broken, "it is \x1b[31mff"}};
    outcome.causes = {{"program-not-found",
                       "It was <not> found.",
                       "Put it there.",
                       {{"console, line 9", "execvpe: x", {}, 5}}}};
    outcome.story.console = QByteArray("boot \x1b]0;title\x07\xff & <tag>\r\nend\n");
    return outcome;
}

} // namespace

class CheckReport : public QObject {
    Q_OBJECT
private slots:
    void text_failure_saysWhatAndWhy() {
        const QString text = checkText(failed(), "a.eif");
        QVERIFY(text.startsWith("a.eif: 1 of 2 hold, after 1.5 seconds\n"));
        QVERIFY(text.contains("  ok    console: contains /ready/ (line 3: ready)\n"));
        QVERIFY(text.contains("  FAIL  pcrs: PCR0 is 00… (it is \\x1b[31mff)\n"));
        QVERIFY(text.contains(
            "It was <not> found.\n  console, line 9: execvpe: x\n  What to do: Put it there.\n"));
        QVERIFY(!text.contains(QChar(0x1b)));
    }

    void json_hasAllOfIt() {
        const QJsonObject json = QJsonDocument::fromJson(checkJson(failed(), "a.eif")).object();
        QCOMPARE(json["Passed"].toBool(true), false);
        QCOMPARE(json["Expectations"].toArray().size(), 2);
        QCOMPARE(json["Expectations"][1]["Holds"].toBool(true), false);
        QCOMPARE(json["Diagnosis"][0]["Code"].toString(), QString("program-not-found"));
        QCOMPARE(json["Diagnosis"][0]["Grounds"][0]["Offset"].toInt(), 5);
    }

    void junit_hostileText_isWellFormed() {
        QXmlStreamReader xml(checkJunit(failed(), "a.eif"));
        int cases = 0, failures = 0;
        QString out;
        while (!xml.atEnd()) {
            if (xml.readNext() != QXmlStreamReader::StartElement)
                continue;
            cases += xml.name() == "testcase"_L1;
            failures += xml.name() == "failure"_L1;
            if (xml.name() == "testsuite"_L1) {
                QCOMPARE(xml.attributes().value("tests"), QString("2"));
                QCOMPARE(xml.attributes().value("failures"), QString("1"));
            }
            if (xml.name() == "system-out"_L1)
                out = xml.readElementText();
        }
        QVERIFY2(!xml.hasError(), qPrintable(xml.errorString()));
        QCOMPARE(cases, 2);
        QCOMPARE(failures, 1);
        QVERIFY(out.contains("<tag>") && out.contains("\\x1b]0;title"));
    }

    void outcome_withoutARun_hasNotPassed() {
        CheckOutcome outcome;
        outcome.end = {EndKind::qemuMissing, "QEMU was not found.", "Build it."};
        QVERIFY(!outcome.hasPassed());
        QVERIFY(checkText(outcome, "a.eif").contains("Build it."));
    }
};

QTEST_GUILESS_MAIN(CheckReport)
#include "tst_check_report.moc"
