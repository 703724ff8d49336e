// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/enclave/image-init/program.hpp"

#include "tests/enclave/exec/exec_words.hpp"
#include "tests/enclave/image-init/failure.hpp"

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <sys/wait.h>
#include <unistd.h>

namespace nitroscope::image {
namespace {

// Where the program is looked for, whatever its own PATH is; also the environment of one that gets none.
char ownPath[] = "PATH=/sbin:/usr/sbin:/bin:/usr/bin";

std::vector<std::string> readLines(FILE *file) {
    std::vector<std::string> lines;
    if (!file) {
        warn("Could not open /env file"); // whichever of the two it is: people search for these words
        return lines;
    }
    char *line = nullptr;
    size_t room = 0;
    for (ssize_t length; (length = getline(&line, &room, file)) >= 0;) {
        if (line[length - 1] == '\n')
            --length;
        lines.emplace_back(line, static_cast<size_t>(length));
    }
    std::free(line);
    return lines;
}

// AWS's init closes a file that it could not open, which crashes it, and the panic that follows is what people
// see of an image without /cmd or /env. A signal that process 1 sends itself would be ignored.
[[noreturn]] void crash() {
    *static_cast<volatile int *>(nullptr) = 0;
    std::abort();
}

[[noreturn]] void become(const Settings &settings) {
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_UNBLOCK, &all, nullptr);
    setsid();
    putenv(ownPath);
    std::vector<char *> arguments = enclave::execWords(settings.arguments);
    std::vector<char *> environment = enclave::execWords(settings.environment);
    char shell[] = "sh";
    if (settings.arguments.empty())
        arguments = {shell, nullptr};
    if (settings.environment.empty())
        environment = {ownPath, nullptr};
    execvpe(arguments[0], arguments.data(), environment.data());
    giveUp(*arguments[0] ? std::string("execvpe: ") + arguments[0] : std::string("execvpe"));
}

} // namespace

Settings takeSettings() {
    FILE *environment = std::fopen("/env", "re");
    FILE *command = std::fopen("/cmd", "re");
    Settings settings;
    settings.environment = readLines(environment);
    settings.arguments = readLines(command);
    if (!environment || !command)
        crash();
    std::fclose(environment);
    std::fclose(command);
    unlink("/env");
    unlink("/cmd");
    return settings;
}

pid_t startProgram(const Settings &settings) {
    const pid_t program = fork();
    if (program == 0)
        become(settings);
    if (program < 0)
        giveUp("fork");
    return program;
}

void reapUntil(pid_t program) {
    int status = 0;
    pid_t ended = 0;
    while ((ended = wait(&status)) != program)
        if (ended < 0)
            giveUp("wait");
    if (WIFSIGNALED(status))
        std::fputs("child exited by signal\n", stderr);
    else if (WEXITSTATUS(status) != 0)
        std::fputs("child exited with error\n", stderr);
}

} // namespace nitroscope::image
