// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/cli/kit/finding_output.hpp"

#include "app/cli/kit/console_output.hpp"
#include "app/formats/json/json_writer.hpp"

namespace nitroscope::cli {

using namespace Qt::Literals::StringLiterals;
using formats::LintFinding;
using formats::LintFindings;
using formats::Severity;

namespace {

QString severityText(Severity severity) {
    return severity == Severity::error     ? u"error"_s
           : severity == Severity::warning ? u"warning"_s
                                           : u"note"_s;
}

QByteArray jsonOf(const LintFindings &findings) {
    formats::JsonWriter json;
    json.beginObject();
    json.key(u"Findings");
    json.beginArray();
    for (const LintFinding &finding : findings.listed) {
        json.beginObject();
        json.field(u"Rule", finding.rule);
        json.field(u"Severity", severityText(finding.severity));
        json.field(u"Where", finding.where);
        json.field(u"Why", finding.why);
        json.field(u"Advice", finding.advice);
        if (!finding.range.isEmpty()) {
            json.field(u"Offset", static_cast<qint64>(finding.range.offset));
            json.field(u"Length", static_cast<qint64>(finding.range.length));
        }
        json.endObject();
    }
    json.endArray();
    json.field(u"Errors", findings.count(Severity::error));
    json.field(u"Warnings", findings.count(Severity::warning));
    json.field(u"Notes", findings.count(Severity::note));
    json.field(u"Unlisted", findings.unlisted());
    json.field(u"Complete", findings.isComplete);
    json.endObject();
    return json.text();
}

QByteArray textOf(const LintFindings &findings) {
    QByteArray output;
    for (const LintFinding &finding : findings.listed) {
        output +=
            u"%1: %2 [%3]\n  %4\n  → %5\n"_s
                .arg(severityText(finding.severity), finding.where, finding.rule, finding.why, finding.advice)
                .toUtf8();
    }
    if (const qint64 more = findings.unlisted(); more > 0)
        output += u"%1 more are counted but not listed; the worst come first.\n"_s.arg(more).toUtf8();
    const auto counted = [&](Severity severity) {
        const qint64 number = findings.count(severity);
        return u"%1 %2%3"_s.arg(number).arg(severityText(severity), number == 1 ? u""_s : u"s"_s);
    };
    return output + (counted(Severity::error) + u", "_s + counted(Severity::warning) + u", "_s +
                     counted(Severity::note) + u'\n')
                        .toUtf8();
}

} // namespace

int printFindings(const LintFindings &findings, bool asJson) {
    const int code = findings.count(Severity::error) > 0 ? somethingFound
                     : findings.isComplete               ? nothingFound
                                                         : unreadable;
    return asJson ? printJson(jsonOf(findings), code, unreadable)
                  : printText(textOf(findings), code, unreadable);
}

} // namespace nitroscope::cli
