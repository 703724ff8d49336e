// SPDX-License-Identifier: GPL-2.0-or-later
//
// `recording`: what is in one, where one can go, whether it can still be lived again.
#include "app/cli/kit/arguments.hpp"
#include "app/cli/kit/console_output.hpp"
#include "app/cli/kit/exit_code.hpp"
#include "app/cli/kit/launch_options.hpp"
#include "app/cli/record/recording_verify.hpp"

namespace nitroscope::cli {
namespace {

struct Words {
    std::string name;
    app::LaunchSpec spec; // --qemu
    bool json = false;
    Form form() const { return json ? Form::json : Form::text; }
};

// A command on a recording; `run` gives the exit code.
CLI::App *addCommand(CLI::App &group, const char *name, const char *help, const std::shared_ptr<Words> &words,
                     int &code, int (*run)(const app::Recording &, const Words &)) {
    CLI::App *command = group.add_subcommand(name, help);
    command->add_option("recording", words->name, "Folder of the recording")->required()->type_name("NAME");
    command->add_flag("--json", words->json, "As JSON");
    command->callback([words, run, &code] {
        const auto recording = openOrSay(pathOf(words->name));
        code = recording ? run(*recording, *words) : refused;
    });
    return command;
}

int showInfo(const app::Recording &recording, const Words &words) {
    return printText(recordingText(recording, words.form()));
}

int showPlaces(const app::Recording &recording, const Words &words) {
    const auto named = app::listPlaces(recording.files.capture());
    if (!named) {
        say(named.error().text());
        return refused;
    }
    return printText(placesText(*named, placesOrSay(recording), words.form()));
}

int verify(const app::Recording &recording, const Words &words) {
    return VerifyRun(recording, words.spec.qemuPath, words.form()).exec();
}

} // namespace

void addRecording(CLI::App &parser, int &code) {
    CLI::App *group = parser.add_subcommand("recording", "Look at recordings, and check them");
    group->require_subcommand(1);
    auto words = std::make_shared<Words>();
    addCommand(*group, "info", "What was recorded, how, and by which build", words, code, showInfo);
    addCommand(*group, "places", "Where one can go: boot stages, PCR changes, bookmarks", words, code,
               showPlaces);
    CLI::App *check =
        addCommand(*group, "verify", "Live all of it again and compare processor, memory and capture", words,
                   code, verify);
    const app::LaunchOption &qemu = app::launchOption("qemu");
    check
        ->add_option_function<std::string>(
            "--qemu", [words](const std::string &path) { words->spec.qemuPath = pathOf(path); }, qemu.help)
        ->type_name(qemu.value);
    check->footer("Exit codes: 0 the same life, 1 it cannot be replayed, 5 QEMU failed, 9 another life.");
}

} // namespace nitroscope::cli
