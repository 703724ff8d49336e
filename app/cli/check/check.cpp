// SPDX-License-Identifier: GPL-2.0-or-later
//
// `check EIF --expect FILE.toml`: boots an enclave and holds what it does against what is expected (docs/check.md). The report
// goes to standard output.
#include "app/cli/check/check_command.hpp"
#include "app/cli/check/check_files.hpp"
#include "app/cli/kit/arguments.hpp"
#include "app/cli/kit/console_output.hpp"
#include "app/cli/kit/exit_code.hpp"
#include "app/cli/kit/inputs.hpp"
#include "app/cli/kit/launch_options.hpp"
#include "app/cli/kit/signal_watch.hpp"
#include "app/core/output/file_writer.hpp"
#include "app/session/check/check_report.hpp"
#include "app/session/launch/launch_options.hpp"

#include <QCoreApplication>
#include <QFileInfo>

namespace nitroscope::cli {

using namespace Qt::Literals::StringLiterals;
namespace {

struct Options {
    std::string eif, expect, junit, artifacts;
    std::vector<std::string> contains, inOrder, failOn;
    double timeoutSeconds = 0; // 0 = not said
    int exitCode = -1;         // -1 = not said
    bool json = false;
    app::LaunchSpec launch; // what the command line says of it
};

app::Result<void> addPatterns(const std::vector<std::string> &texts, QVector<QRegularExpression> &patterns) {
    for (const std::string &text : texts) {
        auto pattern = app::consolePattern(textOf(text));
        if (!pattern) {
            pattern.error().context = textOf(text);
            return tl::unexpected(pattern.error());
        }
        patterns.append(std::move(*pattern));
    }
    return {};
}

// The file first; what the command line says counts more.
app::Result<app::CheckSpec> specOf(const Options &options) {
    app::CheckSpec spec;
    if (!options.expect.empty()) {
        const QString path = pathOf(options.expect);
        const auto text = readWhole(path, app::maxCheckSpec);
        if (!text)
            return tl::unexpected(text.error());
        auto read = app::readCheckSpec(*text, path);
        if (!read)
            return read;
        spec = std::move(*read);
    }
    for (const auto &[texts, patterns] :
         {std::pair(&options.contains, &spec.anywhere), std::pair(&options.inOrder, &spec.inOrder),
          std::pair(&options.failOn, &spec.never)})
        if (const auto added = addPatterns(*texts, *patterns); !added)
            return tl::unexpected(added.error());
    for (const app::LaunchOption &option : app::launchOptions())
        if (option.isIn(app::inRunEnclave) && !isDefault(option, options.launch))
            (void)setValue(option, spec.launch,
                           valueOf(option, options.launch)); // it was judged when it was read
    spec.launch.eifPath = pathOf(options.eif);
    if (options.timeoutSeconds > 0)
        spec.timeoutSeconds = options.timeoutSeconds;
    if (options.exitCode >= 0)
        spec.exitCode = options.exitCode;
    const app::Expectations expectations(spec);
    if (expectations.isSettled() && !spec.exitCode)
        return app::failure(
            u"check-spec"_s,
            u"Nothing is expected that could come. Say it with --expect FILE.toml, --contains PATTERN or "
            "--exit-code 0 (see docs/check.md)."_s);
    return spec;
}

int codeOf(const app::CheckOutcome &outcome) {
    if (!outcome.hasRun)
        return qemuFailed;
    return outcome.hasPassed() ? nothingFound : somethingFound;
}

int check(const Options &options) {
    auto spec = specOf(options);
    if (!spec) {
        say(spec.error().text());
        return unreadable;
    }
    if (!QFileInfo(spec->launch.eifPath).isFile()) {
        say(u"%1: This is no file."_s.arg(spec->launch.eifPath));
        return unreadable;
    }
    std::optional<CheckArtifacts> artifacts;
    if (!options.artifacts.empty()) {
        auto made = CheckArtifacts::make(pathOf(options.artifacts));
        if (!made) {
            say(made.error().text());
            return unreadable;
        }
        artifacts.emplace(std::move(*made));
    }
    app::CheckRun run(std::move(*spec), artifacts ? artifacts->capturePath() : QString(), exitCodeOf);
    const SignalWatch signalWatch([&run](int signal) {
        if (signal != 0)
            run.stop();
    });
    app::CheckOutcome outcome;
    QObject::connect(&run, &app::CheckRun::finished, &run, [&outcome](const app::CheckOutcome &result) {
        outcome = result;
        QCoreApplication::quit();
    });
    if (const auto started = run.start(); !started) {
        say(started.error().text());
        return qemuFailed;
    }
    QCoreApplication::exec();
    const QString name = QFileInfo(pathOf(options.eif)).fileName();
    int code = SignalWatch::received() ? bySignal + SignalWatch::received() : codeOf(outcome);
    const auto note = [&code](const app::Result<void> &written) {
        if (written)
            return;
        say(written.error().text());
        if (code == nothingFound)
            code = cutOutput;
    };
    if (!options.junit.empty())
        note(app::writeFile(pathOf(options.junit), app::checkJunit(outcome, name)));
    if (artifacts && outcome.hasPassed())
        artifacts->drop();
    else if (artifacts)
        note(artifacts->keep(outcome, name));
    return options.json ? printJson(app::checkJson(outcome, name), code)
                        : printText(app::checkText(outcome, name).toUtf8(), code);
}

} // namespace

void addCheck(CLI::App &parser, int &code) {
    CLI::App *command =
        parser.add_subcommand("check", "Boot an EIF and check that it does what is expected of it, for CI");
    auto options = std::make_shared<Options>();
    command->add_option("eif", options->eif, "EIF to boot")->required()->type_name("EIF");
    command->add_option("--expect", options->expect, "What is expected, as TOML (docs/check.md)")
        ->type_name("FILE");
    command
        ->add_option("--contains", options->contains,
                     "A line of the console must match this regular expression; may be repeated")
        ->allow_extra_args(false)
        ->type_name("PATTERN");
    command->add_option("--in-order", options->inOrder, "The same, after the one before; may be repeated")
        ->allow_extra_args(false)
        ->type_name("PATTERN");
    command
        ->add_option("--fail-on", options->failOn, "No line of the console may match this; may be repeated")
        ->allow_extra_args(false)
        ->type_name("PATTERN");
    command
        ->add_option("--exit-code", options->exitCode,
                     "The run must end by itself, with this exit code of run-enclave")
        ->check(CLI::Range(0, 255))
        ->type_name("CODE");
    command->add_option("--timeout", options->timeoutSeconds, "Give up after this many seconds [120]")
        ->check(CLI::Range(0.001, 1e6))
        ->type_name("S");
    command->add_option("--junit", options->junit, "Write the results as JUnit's XML")->type_name("FILE");
    command
        ->add_option("--artifacts", options->artifacts,
                     "When something does not hold, leave console, capture and report in this folder")
        ->type_name("FOLDER");
    command->add_flag("--json", options->json, "Print the report as JSON");
    addLaunchOptions(*command, app::inRunEnclave, options->launch);
    // Made by the check itself, said above, or no part of one.
    for (const char *other :
         {"--capture-limit", "--trace-system-calls", "--trace-first-calls", "--profile-period", "--profile",
          "--coverage", "--capture", "--record", "--vsock-path", "--eif-path"})
        command->remove_option(command->get_option(other));
    command->footer(
        "Without --exit-code the enclave is stopped as soon as all that is expected has come.\n"
        "Exit codes: 0 all of it holds, 1 something does not, 2 a file cannot be used, 5 QEMU is missing or failed, "
        "8 a report could not be written, 130 interrupted by Ctrl-C.");
    command->callback([options, &code] { code = check(*options); });
}

} // namespace nitroscope::cli
