// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/session/diagnosis/diagnosis_text.hpp"

#include "app/core/output/visible_text.hpp"
#include "app/formats/json/json_writer.hpp"

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;

QString diagnosisText(const QVector<Cause> &causes) {
    QString text;
    for (const Cause &cause : causes) {
        text += visibleText(cause.sentence) + u'\n';
        for (const Ground &ground : cause.grounds) {
            const QString rule = ground.rule.isEmpty() ? QString() : u" (%1)"_s.arg(ground.rule);
            text += u"  %1%2: %3\n"_s.arg(visibleText(ground.where), rule, visibleText(ground.text));
        }
        if (!cause.advice.isEmpty())
            text += u"  What to do: %1\n"_s.arg(visibleText(cause.advice));
    }
    return text;
}

void writeDiagnosis(formats::JsonWriter &json, const QVector<Cause> &causes) {
    json.beginArray();
    for (const Cause &cause : causes) {
        json.beginObject();
        json.field(u"Code", cause.code);
        json.field(u"Cause", cause.sentence);
        json.field(u"Advice", cause.advice);
        json.key(u"Grounds");
        json.beginArray();
        for (const Ground &ground : cause.grounds) {
            json.beginObject();
            json.field(u"Where", ground.where);
            json.field(u"Text", ground.text);
            if (!ground.rule.isEmpty())
                json.field(u"Rule", ground.rule);
            if (ground.offset)
                json.field(u"Offset", qint64(*ground.offset));
            json.endObject();
        }
        json.endArray();
        json.endObject();
    }
    json.endArray();
}

} // namespace nitroscope::app
