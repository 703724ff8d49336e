// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/session/check/check_report.hpp"

#include "app/core/output/visible_text.hpp"
#include "app/formats/json/json_writer.hpp"
#include "app/session/diagnosis/diagnosis_text.hpp"

#include <QXmlStreamWriter>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;
namespace {

constexpr qsizetype maxJunitConsole = 64 * 1024;

qsizetype heldOf(const CheckOutcome &outcome) {
    return std::ranges::count_if(outcome.verdicts,
                                 [](const Verdict &v) { return v.kind == Verdict::Kind::held; });
}

bool isHeld(const Verdict &verdict) {
    return verdict.kind == Verdict::Kind::held;
}

QString endOf(const CheckOutcome &outcome) {
    return outcome.isTimeout ? u"The time was up; the enclave was stopped."_s : outcome.end.message;
}

} // namespace

QString checkText(const CheckOutcome &outcome, const QString &name) {
    QString text = u"%1: %2 of %3 hold, after %4 seconds\n"_s.arg(visibleText(name))
                       .arg(heldOf(outcome))
                       .arg(outcome.verdicts.size())
                       .arg(outcome.seconds, 0, 'f', 1);
    for (const Verdict &verdict : outcome.verdicts) {
        text += u"  %1  %2: %3"_s.arg(isHeld(verdict) ? u"ok  "_s : u"FAIL"_s, verdict.group,
                                      visibleText(verdict.name));
        text += verdict.detail.isEmpty() ? u"\n"_s : u" (%1)\n"_s.arg(visibleText(verdict.detail));
    }
    if (outcome.hasPassed())
        return text;
    text += u"How it ended: %1\n"_s.arg(visibleText(endOf(outcome)));
    if (!outcome.hasRun && !outcome.end.advice.isEmpty())
        text += visibleText(outcome.end.advice) + u'\n';
    if (!outcome.causes.isEmpty())
        text += u"Why:\n"_s + diagnosisText(outcome.causes);
    return text;
}

QByteArray checkJson(const CheckOutcome &outcome, const QString &name) {
    formats::JsonWriter json;
    json.beginObject();
    json.field(u"Name", name);
    json.field(u"Passed", outcome.hasPassed());
    json.field(u"Seconds", outcome.seconds);
    json.key(u"Expectations");
    json.beginArray();
    for (const Verdict &verdict : outcome.verdicts) {
        json.beginObject();
        json.field(u"Group", verdict.group);
        json.field(u"Name", verdict.name);
        json.field(u"Holds", isHeld(verdict));
        json.field(u"Detail", verdict.detail);
        json.endObject();
    }
    json.endArray();
    json.field(u"End", endOf(outcome));
    json.field(u"ExitCode", outcome.exitCode);
    json.key(u"Diagnosis");
    writeDiagnosis(json, outcome.causes);
    json.endObject();
    return json.text();
}

// As the Jenkins plugin's schema has it, which is what others read, too.
QByteArray checkJunit(const CheckOutcome &outcome, const QString &name) {
    QByteArray bytes;
    QXmlStreamWriter xml(&bytes);
    xml.setAutoFormatting(true);
    xml.writeStartDocument();
    xml.writeStartElement(u"testsuites"_s);
    xml.writeStartElement(u"testsuite"_s);
    xml.writeAttribute(u"name"_s, visibleText(name));
    xml.writeAttribute(u"tests"_s, QString::number(outcome.verdicts.size()));
    xml.writeAttribute(u"failures"_s, QString::number(qsizetype(outcome.verdicts.size()) - heldOf(outcome)));
    xml.writeAttribute(u"errors"_s, outcome.hasRun ? u"0"_s : u"1"_s);
    xml.writeAttribute(u"time"_s, QString::number(outcome.seconds, 'f', 3));
    for (const Verdict &verdict : outcome.verdicts) {
        xml.writeStartElement(u"testcase"_s);
        xml.writeAttribute(u"classname"_s, visibleText(name) + u'.' + verdict.group);
        xml.writeAttribute(u"name"_s, visibleText(verdict.name));
        if (!isHeld(verdict)) {
            xml.writeStartElement(outcome.hasRun ? u"failure"_s : u"error"_s);
            xml.writeAttribute(u"message"_s, visibleText(verdict.detail));
            xml.writeCharacters(diagnosisText(outcome.causes));
            xml.writeEndElement();
        }
        xml.writeEndElement();
    }
    const QByteArray console = outcome.story.console.right(maxJunitConsole);
    xml.writeTextElement(u"system-out"_s, visibleText(QByteArrayView(console), LineBreaks::kept));
    xml.writeTextElement(u"system-err"_s, visibleText(endOf(outcome)));
    xml.writeEndElement();
    xml.writeEndElement();
    xml.writeEndDocument();
    return bytes;
}

} // namespace nitroscope::app
