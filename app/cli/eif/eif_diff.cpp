// SPDX-License-Identifier: GPL-2.0-or-later
//
// `eif diff A B`: which PCRs differ, and why.
#include "app/formats/compare/eif_diff.hpp"
#include "app/cli/eif/eif_commands.hpp"
#include "app/cli/kit/arguments.hpp"
#include "app/cli/kit/console_output.hpp"
#include "app/cli/kit/exit_code.hpp"
#include "app/cli/kit/signal_watch.hpp"
#include "app/core/output/visible_text.hpp"
#include "app/formats/json/json_writer.hpp"
#include "app/formats/tree/value_text.hpp"

#include <algorithm>
#include <QJsonArray>

namespace nitroscope::cli {
namespace {

using namespace formats;

struct Options {
    std::string before, after;
    bool json = false, all = false;
    LimitOptions limits;
};

QString pcrNames(const std::vector<int> &pcrs) {
    QStringList names;
    for (const int pcr : pcrs)
        names << u"PCR%1"_s.arg(pcr);
    return names.isEmpty() ? u"not measured"_s : names.join(u' ');
}

QString valueText(const QByteArray &pcr) {
    return pcr.isEmpty() ? u"none"_s : QString::fromLatin1(pcr.toHex());
}

QByteArray asText(const EifComparison &comparison, bool all) {
    constexpr size_t most = 100;
    QString text;
    for (const EifComparison::Pcr &pcr : comparison.pcrs) {
        if (pcr.isEqual())
            text += u"PCR%1  same     %2\n"_s.arg(pcr.number).arg(valueText(pcr.before));
        else
            text += u"PCR%1  differs  %2\n               %3\n"_s.arg(pcr.number)
                        .arg(valueText(pcr.before), valueText(pcr.after));
    }
    size_t count = 0;
    for (const EifDifference &difference : comparison.differences) {
        if (++count > most && !all)
            continue;
        text += u"%1: %2 %3 (%4)\n"_s.arg(difference.where, difference.what, kindText(difference.kind),
                                          pcrNames(difference.pcrs));
        if (!difference.before.isEmpty())
            text += u"  - %1\n"_s.arg(app::visibleText(difference.before));
        if (!difference.after.isEmpty())
            text += u"  + %1\n"_s.arg(app::visibleText(difference.after));
    }
    if (count > most && !all)
        text += u"%1 more differences; --all shows them.\n"_s.arg(count - most);
    return text.toUtf8();
}

QByteArray asJson(const EifComparison &comparison) {
    JsonWriter json;
    json.beginObject();
    json.key(u"Pcrs");
    json.beginArray();
    for (const EifComparison::Pcr &pcr : comparison.pcrs) {
        const auto value = [](const QByteArray &bytes) {
            return bytes.isEmpty() ? QJsonValue() : QJsonValue(QString::fromLatin1(bytes.toHex()));
        };
        json.beginObject();
        json.field(u"Pcr", pcr.number);
        json.field(u"Equal", pcr.isEqual());
        json.field(u"Before", value(pcr.before));
        json.field(u"After", value(pcr.after));
        json.endObject();
    }
    json.endArray();
    json.key(u"Differences");
    json.beginArray();
    for (const EifDifference &difference : comparison.differences) {
        QJsonArray pcrs;
        for (const int pcr : difference.pcrs)
            pcrs << pcr;
        json.beginObject();
        json.field(u"Kind", kindText(difference.kind));
        json.field(u"Where", difference.where);
        json.field(u"What", difference.what);
        json.field(u"Before", difference.before);
        json.field(u"After", difference.after);
        json.field(u"Pcrs", pcrs);
        json.endObject();
    }
    json.endArray();
    json.field(u"Problems", QJsonArray::fromStringList(comparison.problems));
    json.endObject();
    return json.text();
}

int diff(const Options &options) {
    const auto before = EifDocument::open(pathOf(options.before));
    const auto after = EifDocument::open(pathOf(options.after));
    if (!before || !after) {
        say((before ? after.error() : before.error()).text());
        return unreadable;
    }
    for (const auto *document : {&*before, &*after})
        if (const auto damage = document->damage()) {
            say(damage->text());
            return unreadable;
        }
    const SignalWatch signalWatch([](int) {});
    std::stop_source stop;
    DiffOptions how;
    how.limits = options.limits.limits(stop);
    how.progress = how.limits.unpack.progress;
    const auto comparison = compareEifs(*before, *after, how);
    if (const int signal = SignalWatch::received())
        return bySignal + signal;
    if (!comparison) {
        say(comparison.error().text());
        return unreadable;
    }
    for (const QString &problem : comparison->problems)
        say(problem);
    const bool isEqual = comparison->differences.empty() && comparison->problems.isEmpty() &&
                         std::ranges::all_of(comparison->pcrs, &EifComparison::Pcr::isEqual);
    const int code = isEqual ? nothingFound : somethingFound;
    return options.json ? printJson(asJson(*comparison), code, unreadable)
                        : printText(asText(*comparison, options.all), code, unreadable);
}

} // namespace

void addEifDiff(CLI::App &group, int &code) {
    CLI::App *command = group.add_subcommand("diff", "Say why the measurements of two EIFs differ");
    auto options = std::make_shared<Options>();
    command->add_option("before", options->before, "EIF")->required()->type_name("FILE");
    command->add_option("after", options->after, "EIF")->required()->type_name("FILE");
    command->add_flag("--all", options->all, "Show every difference, not only the first 100");
    command->add_flag("--json", options->json, "Print JSON (always every difference)");
    options->limits.addTo(*command);
    command->footer(
        "Exit codes: 0 no difference, 1 differences or something that cannot be compared, 2 a file cannot be read or is "
        "no whole EIF.");
    command->callback([options, &code] { code = diff(*options); });
}

} // namespace nitroscope::cli
