// SPDX-License-Identifier: GPL-2.0-or-later
//
// `manual FOLDER` writes the manual pages, which the installation has ready; `complete WORD...` answers the shells'
// completion scripts. Both are for programs, and help does not list them.
#include "app/cli/kit/arguments.hpp"
#include "app/cli/kit/console_output.hpp"
#include "app/cli/kit/exit_code.hpp"
#include "app/cli/manual/command_manual.hpp"
#include "app/cli/manual/completion.hpp"
#include "app/core/output/file_writer.hpp"

namespace nitroscope::cli {

using namespace Qt::Literals::StringLiterals;
namespace {

int writePages(const CLI::App &parser, const QString &folder) {
    if (!QDir().mkpath(folder)) {
        say(u"The folder %1 cannot be made."_s.arg(folder));
        return refused;
    }
    for (const CommandPage &page : commandPages(parser)) {
        if (const auto written = app::writeFile(folder + u'/' + page.fileName, page.roff); !written) {
            say(written.error().text());
            return refused;
        }
    }
    return ok;
}

// One word per line, a tab, and what it means. Lines that begin with a colon tell the shell what else to do.
int printCompletions(const CLI::App &parser, const std::vector<std::string> &words) {
    QStringList typed;
    for (const std::string &word : words)
        typed << textOf(word);
    const Completions found = completionsFor(parser, typed);
    QString text;
    if (found.takesFiles)
        text += u":files\n"_s;
    if (found.keepsOpen)
        text += u":open\n"_s;
    for (const Completions::Word &word : found.words)
        text += word.text + u'\t' + word.meaning + u'\n';
    return printText(text.toUtf8());
}

} // namespace

void addManual(CLI::App &parser, int &code) {
    constexpr const char *hidden = "";
    CLI::App *manual =
        parser.add_subcommand("manual", "Write the manual pages of all commands")->group(hidden);
    auto folder = std::make_shared<std::string>();
    manual->add_option("FOLDER", *folder, "Folder to write them to")->required();
    manual->callback([&parser, folder, &code] { code = writePages(parser, pathOf(*folder)); });

    CLI::App *complete =
        parser.add_subcommand("complete", "Print what can stand at the end of a command line")
            ->group(hidden)
            ->prefix_command();
    complete->callback(
        [&parser, complete, &code] { code = printCompletions(parser, complete->remaining()); });
}

} // namespace nitroscope::cli
