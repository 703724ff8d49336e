// SPDX-License-Identifier: GPL-2.0-or-later
//
// `replay NAME`: lives a recorded life again.
#include "app/cli/kit/arguments.hpp"
#include "app/cli/kit/console_output.hpp"
#include "app/cli/kit/exit_code.hpp"
#include "app/cli/kit/launch_options.hpp"
#include "app/cli/record/replay_run.hpp"

namespace nitroscope::cli {

using namespace Qt::Literals::StringLiterals;
namespace {

struct Words {
    app::LaunchSpec spec; // of this computer: QEMU, what is traced, the port for gdb
    std::string name, place, vmcore;
    int port = -1;
    bool console = false, gdb = false, json = false;
};

int replay(const Words &words, const QStringList &gdbArguments) {
    const auto recording = openOrSay(pathOf(words.name));
    if (!recording)
        return refused;
    ReplayOptions options;
    options.recording = *recording;
    options.spec = app::replaySpec(*recording);
    for (const app::LaunchOption &option : app::launchOptions())
        if (option.isIn(app::inReplay))
            (void)setValue(option, options.spec, valueOf(option, words.spec)); // checked when it was said
    options.spec.gdbPort = words.port;
    options.console = words.console;
    options.gdb = words.gdb || words.port >= 0;
    options.gdbArguments = gdbArguments;
    options.vmcore = pathOf(words.vmcore);
    options.form = words.json ? Form::json : Form::text;
    if (!words.place.empty()) {
        const auto place = app::readPlace(textOf(words.place), placesOrSay(*recording));
        if (!place) {
            say(u"--to: "_s + place.error().text());
            return refused;
        }
        options.place = *place;
    }
    return ReplayRun(options).exec();
}

} // namespace

void addReplay(CLI::App &parser, int &code) {
    CLI::App *command =
        parser.add_subcommand("replay", "Live a recorded enclave's life again, or go to a place of it");
    auto words = std::make_shared<Words>();
    command->add_option("recording", words->name, "Folder of the recording")->required()->type_name("NAME");
    CLI::Option *place =
        command
            ->add_option("--to", words->place,
                         "Go there and say how things stood; without it, live all of it again")
            ->type_name("PLACE");
    CLI::Option *console =
        command->add_flag("--console", words->console, "Print what the console had said by then")
            ->needs(place);
    CLI::Option *gdb = command->add_flag("--gdb", words->gdb, "Start gdb there, which also goes backwards")
                           ->excludes(console);
    command->add_option("--port", words->port, "Also let gdbs in on this loopback port; 0 chooses one")
        ->check(CLI::Range(0, 65535))
        ->needs(gdb)
        ->type_name("PORT");
    command
        ->add_option("--vmcore", words->vmcore,
                     "Write memory and registers of there as a core file for gdb, crash and drgn")
        ->needs(place)
        ->excludes(console)
        ->excludes(gdb)
        ->type_name("FILE");
    command->add_flag("--json", words->json, "How things stood, as JSON")
        ->needs(place)
        ->excludes(console)
        ->excludes(gdb);
    addLaunchOptions(*command, app::inReplay, words->spec);
    command->allow_extras();
    command->footer(
        "A place is start, end, an instruction's number, time:1.25s, stage:handoff, record:17, nsm:3, vsock:17,\n"
        "console-record:5, machine:2, guest:100, console:TEXT, pcr:16, pcr:16:3 or bookmark:NAME; see\n"
        "nitroscope-cli recording places. With --gdb, other options are gdb's.\n"
        "Exit codes: 1 the recording cannot be used, 5 QEMU failed, 9 the replay left the recording.");
    command->callback([words, command, &code] {
        QStringList extras;
        for (const std::string &extra : command->remaining())
            extras << textOf(extra);
        if (!extras.isEmpty() && !words->gdb) {
            say(u"The following argument was not expected: %1"_s.arg(extras.first()));
            code = refused;
            return;
        }
        code = replay(*words, extras);
    });
}

} // namespace nitroscope::cli
