// SPDX-License-Identifier: GPL-2.0-or-later
//
// `eif extract F [PATH...] -o FOLDER`: sections and the files of the ramdisks into a new folder.
#include "app/cli/eif/eif_commands.hpp"
#include "app/cli/kit/arguments.hpp"
#include "app/cli/kit/console_output.hpp"
#include "app/cli/kit/exit_code.hpp"
#include "app/cli/kit/signal_watch.hpp"
#include "app/formats/extract/extract.hpp"
#include "app/formats/json/json_writer.hpp"
#include "app/formats/tree/value_text.hpp"

#include <QJsonArray>

namespace nitroscope::cli {
namespace {

using namespace formats;

struct Options {
    std::string file, folder;
    std::vector<std::string> paths;
    bool json = false, onlySections = false, onlyFiles = false;
    LimitOptions limits;
};

int extract(const Options &options) {
    const auto document = EifDocument::open(pathOf(options.file));
    if (!document) {
        say(document.error().text());
        return refused;
    }
    const auto damage = document->damage();
    if (damage)
        say(damage->text());
    if (damage && document->image().sectionCount == 0)
        return refused;
    const SignalWatch signalWatch([](int) {});
    std::stop_source stop;
    ExtractOptions how;
    how.limits = options.limits.limits(stop);
    how.maxBytes = options.limits.unpacked;
    how.what = options.onlySections ? ExtractOptions::What::sections
               : options.onlyFiles  ? ExtractOptions::What::files
                                    : ExtractOptions::What::everything;
    for (const std::string &path : options.paths)
        how.paths << normalPath(QByteArray::fromStdString(path));
    const auto report = extractEif(*document, pathOf(options.folder), how);
    if (const int signal = SignalWatch::received())
        return bySignal + signal;
    if (!report) {
        say(report.error().text());
        return refused;
    }
    for (const QString &skipped : report->skipped)
        say(u"skipped: "_s + skipped);
    if (report->skippedCount > static_cast<quint64>(report->skipped.size()))
        say(u"skipped: %1 more"_s.arg(report->skippedCount - static_cast<quint64>(report->skipped.size())));
    const int code = damage || report->lostCount > 0 ? refused : ok;
    if (!options.json) {
        say(u"Extracted to '%1': %2 sections, %3 files, %4 folders, %5 links, %6; %7 skipped."_s.arg(
            pathOf(options.folder), QString::number(report->sections.size()), QString::number(report->files),
            QString::number(report->folders), QString::number(report->links), sizeText(report->bytes),
            QString::number(report->skippedCount)));
        return code;
    }
    JsonWriter json;
    json.beginObject();
    json.field(u"Folder", pathOf(options.folder));
    json.field(u"Sections", QJsonArray::fromStringList(report->sections));
    json.field(u"Files", static_cast<qint64>(report->files));
    json.field(u"Folders", static_cast<qint64>(report->folders));
    json.field(u"Links", static_cast<qint64>(report->links));
    json.field(u"Bytes", static_cast<qint64>(report->bytes));
    json.field(u"SkippedCount", static_cast<qint64>(report->skippedCount));
    json.field(u"LostCount", static_cast<qint64>(report->lostCount));
    json.field(u"Skipped", QJsonArray::fromStringList(report->skipped));
    json.endObject();
    return printJson(json.text(), code);
}

} // namespace

void addEifExtract(CLI::App &group, int &code) {
    CLI::App *command =
        group.add_subcommand("extract", "Write sections and files of the ramdisks into a new folder");
    auto options = std::make_shared<Options>();
    command->add_option("eif", options->file, "EIF")->required()->type_name("FILE");
    command->add_option("paths", options->paths, "Only files at or below these paths of the ramdisks")
        ->type_name("PATH");
    command->add_option("-o,--output", options->folder, "Folder; must be new or empty")
        ->required()
        ->type_name("FOLDER");
    auto *sections = command->add_flag("--sections", options->onlySections, "Only the sections as they are");
    command->add_flag("--files", options->onlyFiles, "Only the files of the ramdisks")->excludes(sections);
    command->add_flag("--json", options->json, "Print JSON");
    options->limits.addTo(*command);
    command->footer(
        "Owners are not restored; devices are left out. Nothing is ever written outside of the folder.\n"
        "Exit codes: 0 all that can be extracted is there, 1 not an EIF, not a whole one, or files were lost.");
    command->callback([options, &code] { code = extract(*options); });
}

} // namespace nitroscope::cli
