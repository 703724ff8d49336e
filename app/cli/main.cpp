// SPDX-License-Identifier: GPL-2.0-or-later
//
// nitroscope-cli: run, build and examine enclave images without a display.
#include "app/cli/check/check_command.hpp"
#include "app/cli/eif/command_words.hpp"
#include "app/cli/kit/arguments.hpp"
#include "app/cli/kit/console_output.hpp"
#include "app/cli/kit/exit_code.hpp"
#include "app/cli/kit/nitro_error.hpp"
#include "app/cli/kit/shims.hpp"
#include "app/core/output/visible_text.hpp"
#include "app/core/output/write_all.hpp"

#include <algorithm>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <memory>
#include <new>
#include <QCoreApplication>
#include <sstream>
#include <string_view>
#include <system_error>

using namespace nitroscope;
using namespace nitroscope::cli;

// nitro-cli's whose options, JSON and errors these are.
#define NITRO_CLI_VERSION "1.5.0"

namespace {

// What the parser says, line breaks and all.
void sayText(const std::string &text) {
    app::writeError(app::visibleText(QByteArrayView(text), app::LineBreaks::kept).toLocal8Bit());
}

// Exit code for wrong usage: 2 for nitro-cli's commands, as its own parser has it. run-enclave with the
// console attached has exit codes of its own, where 2 means something else.
int usageCode(const CLI::App &parser, int argc, char **argv) {
    constexpr const char *nitroCommands[] = {
        "run-enclave",   "describe-enclaves", "console",  "terminate-enclave",
        "build-enclave", "describe-eif",      "sign-eif", "pcr",
        "explain"};
    const auto has = [&](std::string_view word) {
        return std::find(argv + 1, argv + argc, word) != argv + argc;
    };
    if (has("--attach-console"))
        return refused;
    for (const char *name : nitroCommands)
        if (parser.got_subcommand(name))
            return wrongUsage;
    return refused;
}

// What a command did not take, as it was typed.
std::vector<std::string> unexpectedWords(const CLI::App &command) {
    if (!command.get_allow_extras() && !command.get_prefix_command())
        if (auto words = command.remaining(); !words.empty())
            return words;
    for (const CLI::App *used : command.get_subcommands())
        if (auto words = unexpectedWords(*used); !words.empty())
            return words;
    return {};
}

std::string sentenceOf(const CLI::App &parser, const CLI::Error &problem) {
    const auto words = problem.get_exit_code() == static_cast<int>(CLI::ExitCodes::ExtrasError)
                           ? unexpectedWords(parser)
                           : std::vector<std::string>();
    if (words.empty())
        return problem.what();
    // The parser's own sentence has them the wrong way round.
    return (words.size() == 1 ? "The following argument was not expected: "
                              : "The following arguments were not expected: ") +
           CLI::detail::join(words, " ");
}

// Help that fits into a terminal: the parser's own puts each description into one line, however long.
class WrappedHelp : public CLI::Formatter {
public:
    std::string make_option_desc(const CLI::Option *option) const override {
        constexpr size_t width = 100;
        const size_t room = width - get_column_width();
        std::string wrapped;
        size_t column = 0;
        for (const std::string &word : CLI::detail::split(CLI::Formatter::make_option_desc(option), ' ')) {
            if (column > 0 && column + 1 + word.size() > room) {
                wrapped += '\n';
                column = 0;
            } else if (column > 0) {
                wrapped += ' ';
                ++column;
            }
            wrapped += word;
            column += word.size();
        }
        return wrapped;
    }
};

// The command line as the parser wants it: without our name, the last word first.
std::vector<std::string> wordsFor(const CLI::App &parser, int argc, char **argv) {
    std::vector<std::string> words(argv + 1, argv + argc);
    if (const Shim *shim = calledAs(argv[0]); shim && shim->program == Shim::Program::vsockProxy)
        words = vsockProxyWords(words);
    if (!words.empty() && words[0] == "build-enclave")
        words = withCommandWords(*parser.get_subcommand(words[0]), words);
    std::reverse(words.begin(), words.end());
    return words;
}

} // namespace

int main(int argc, char **argv) {
    app::guardStandardDescriptors();
    app::takeWriteErrorsAsErrors();
    const QCoreApplication application(argc, argv);
    if (const Shim *shim = calledAs(argv[0]); shim && shim->program == Shim::Program::allocator)
        return ok;

    CLI::App parser("Run, build and examine AWS Nitro Enclaves images on this machine.", "nitroscope-cli");
    parser.formatter(std::make_shared<WrappedHelp>());
    // Scripts take the third word.
    parser.set_version_flag("--version", isCalledNitroCli() ? "Nitro CLI " NITRO_CLI_VERSION
                                                              " (nitroscope-cli " NITROSCOPE_VERSION ")"
                                                            : "nitroscope-cli " NITROSCOPE_VERSION);
    parser.require_subcommand(0, 1); // with 1, a misspelt command would be told as a missing one
    // The user's own words in it may come from anywhere.
    parser.failure_message([](const CLI::App *command, const CLI::Error &problem) {
        const std::string text =
            app::visibleText(QByteArrayView(sentenceOf(*command, problem))).toStdString();
        return CLI::FailureMessage::simple(command,
                                           CLI::Error(problem.get_name(), text, problem.get_exit_code()));
    });
    parser.footer("nitroscope-cli COMMAND --help explains a command.");

    int code = ok;
    addRunEnclave(parser, code);
    addRecord(parser, code);
    addReplay(parser, code);
    addRecording(parser, code);
    addCheck(parser, code);
    addBuildEnclave(parser, code);
    addDescribeEif(parser, code);
    addEif(parser, code);
    addSignEif(parser, code);
    addPcr(parser, code);
    addPki(parser, code);
    addProxy(parser, code);
    addParent(parser, code);
    addCapture(parser, code);
    addAttest(parser, code);
    addGdb(parser, code);
    addSymbols(parser, code);
    addKernel(parser, code);
    addKms(parser, code);
    addDescribeEnclaves(parser, code);
    addConsole(parser, code);
    addTerminateEnclave(parser, code);
    addExplain(parser, code);
    addShims(parser, code);
    addManual(parser, code);
    try {
        parser.parse(wordsFor(parser, argc, argv));
    } catch (const CLI::ParseError &problem) {
        // Help and version are exceptions as well; they succeed.
        std::ostringstream output, problems;
        const bool fine = parser.exit(problem, output, problems) == 0;
        sayText(problems.str());
        return finishOutput(
            printText(QByteArray::fromStdString(output.str()), fine ? ok : usageCode(parser, argc, argv)));
    } catch (const std::bad_alloc &) {
        sayText("There is not enough memory for this.\n");
        return refused;
    } catch (const std::system_error &problem) { // threads, which the system limits as well
        sayText(std::string("The system does not give what this needs: ") + problem.what() +
                ".\nEnd other programs, or raise the limits (ulimit -a shows them).\n");
        return refused;
    }
    if (parser.get_subcommands().empty()) {
        sayText(parser.help());
        return refused;
    }
    return finishOutput(code);
}
