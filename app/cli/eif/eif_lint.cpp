// SPDX-License-Identifier: GPL-2.0-or-later
//
// `eif lint F`: what will go wrong with an EIF, each finding with severity, place, reason and advice.
#include "app/cli/eif/eif_commands.hpp"
#include "app/cli/kit/arguments.hpp"
#include "app/cli/kit/console_output.hpp"
#include "app/cli/kit/exit_code.hpp"
#include "app/cli/kit/signal_watch.hpp"
#include "app/formats/json/json_writer.hpp"
#include "app/formats/lint/lint.hpp"
#include "app/formats/tree/value_text.hpp"

namespace nitroscope::cli {
namespace {

using namespace formats;

struct Options {
    std::string file;
    bool json = false;
    LimitOptions limits;
};

QString severityText(Severity severity) {
    return severity == Severity::error     ? u"error"_s
           : severity == Severity::warning ? u"warning"_s
                                           : u"note"_s;
}

int lint(const Options &options) {
    const auto document = EifDocument::open(pathOf(options.file));
    if (!document) {
        say(document.error().text());
        return unreadable;
    }
    const SignalWatch signalWatch([](int) {});
    std::stop_source stop;
    const auto findings = lintEif(*document, {.limits = options.limits.limits(stop)});
    if (const int signal = SignalWatch::received())
        return bySignal + signal;
    if (!findings) {
        say(findings.error().text());
        return unreadable;
    }
    const auto count = [&](Severity severity) { return findings->count(severity); };
    QByteArray output;
    if (options.json) {
        JsonWriter json;
        json.beginObject();
        json.key(u"Findings");
        json.beginArray();
        for (const LintFinding &finding : findings->listed) {
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
        json.field(u"Errors", count(Severity::error));
        json.field(u"Warnings", count(Severity::warning));
        json.field(u"Notes", count(Severity::note));
        json.field(u"Unlisted", findings->unlisted());
        json.field(u"Complete", findings->isComplete);
        json.endObject();
        output = json.text();
    } else {
        for (const LintFinding &finding : findings->listed) {
            output += u"%1: %2 [%3]\n  %4\n  → %5\n"_s
                          .arg(severityText(finding.severity), finding.where, finding.rule, finding.why,
                               finding.advice)
                          .toUtf8();
        }
        if (const qint64 more = findings->unlisted(); more > 0)
            output += u"%1 more are counted but not listed; the worst come first.\n"_s.arg(more).toUtf8();
        const auto counted = [&](Severity severity) {
            const qint64 number = count(severity);
            return u"%1 %2%3"_s.arg(number).arg(severityText(severity), number == 1 ? u""_s : u"s"_s);
        };
        output += (counted(Severity::error) + u", "_s + counted(Severity::warning) + u", "_s +
                   counted(Severity::note) + u'\n')
                      .toUtf8();
    }
    const int code = count(Severity::error) > 0 ? somethingFound
                     : findings->isComplete     ? nothingFound
                                                : unreadable;
    return options.json ? printJson(output, code, unreadable) : printText(output, code, unreadable);
}

} // namespace

void addEifLint(CLI::App &group, int &code) {
    CLI::App *command =
        group.add_subcommand("lint", "Say what will go wrong with an EIF, and what to do about it");
    auto options = std::make_shared<Options>();
    command->add_option("eif", options->file, "EIF")->required()->type_name("FILE");
    command->add_flag("--json", options->json, "Print JSON");
    options->limits.addTo(*command);
    command->footer(
        "Exit codes: 0 no error (warnings and notes are possible), 1 errors, 2 the file cannot be read, or not all of it "
        "within the limits.");
    command->callback([options, &code] { code = lint(*options); });
}

} // namespace nitroscope::cli
