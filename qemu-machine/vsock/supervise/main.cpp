// SPDX-License-Identifier: GPL-2.0-or-later
//
// nitroscope-supervise PROGRAM [ARGUMENT]...: runs a program of the parent instance with AF_VSOCK, as the preload library does, for
// those that the library does not reach: static programs, Go's, and all their children. Where the enclaves are comes from
// NITROSCOPE_VSOCK (preload/settings.hpp). `nitroscope-cli parent` starts it.
//
// Three processes, so that a shell sees the program's end when it ends and its daemons go on being served:
//
//   the caller's     waits for the program, hands signals on to it, and ends as it ended
//   the supervisor   answers the calls until no process with the filter is left
//   the program      a child of the supervisor, which is what Yama wants of who looks into another
//
// If the supervisor is killed the program is, too: its calls would never be answered.
#include "qemu-machine/vsock/supervise/filter.hpp"
#include "qemu-machine/vsock/supervise/service.hpp"

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <utility>

using namespace nitroscope::supervise;

namespace {

constexpr int cannotStart = 126, notFound = 127; // as shells have it

// From the supervisor to the caller: who the program is, and later how it ended.
struct Report {
    pid_t program;
    int status;
    bool hasEnded;
};

[[noreturn]] void fail(const char *what, int code = cannotStart) {
    std::fprintf(stderr, "nitroscope-supervise: %s: %s\n", what, std::strerror(errno));
    std::_Exit(code);
}

// A descriptor over a socket pair.
bool sendDescriptor(int channel, int fd) {
    char byte = 0;
    iovec vector{&byte, 1};
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof fd)] = {};
    msghdr message{};
    message.msg_iov = &vector;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    cmsghdr *part = CMSG_FIRSTHDR(&message);
    part->cmsg_level = SOL_SOCKET;
    part->cmsg_type = SCM_RIGHTS;
    part->cmsg_len = CMSG_LEN(sizeof fd);
    std::memcpy(CMSG_DATA(part), &fd, sizeof fd);
    return sendmsg(channel, &message, MSG_NOSIGNAL) == 1;
}

int receiveDescriptor(int channel) {
    char byte = 0;
    iovec vector{&byte, 1};
    int fd = -1;
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof fd)] = {};
    msghdr message{};
    message.msg_iov = &vector;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    if (recvmsg(channel, &message, MSG_CMSG_CLOEXEC) != 1)
        return -1;
    if (const cmsghdr *part = CMSG_FIRSTHDR(&message); part != nullptr && part->cmsg_type == SCM_RIGHTS)
        std::memcpy(&fd, CMSG_DATA(part), sizeof fd);
    return fd;
}

[[noreturn]] void becomeProgram(char **words, int channel, pid_t supervisor) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != supervisor)
        std::_Exit(cannotStart); // it was killed before this
    const int listener = installFilter();
    if (listener < 0)
        fail(errno == EBUSY
                 ? "there is a supervisor already that this one would stand below"
                 : "the system does not let calls be answered here (seccomp notifications, Linux 5.9)");
    char heard = 0;
    if (!sendDescriptor(channel, listener) || read(channel, &heard, 1) != 1)
        fail("the supervisor does not answer");
    close(listener);
    close(channel);
    execvp(words[0], words);
    fail(words[0], errno == ENOENT ? notFound : cannotStart);
}

// Signals of the terminal reach the program by themselves; what is sent to this process alone is handed on.
volatile sig_atomic_t programId = 0;

void handOn(int signal, siginfo_t *information, void *) {
    if (information->si_code <= 0 && programId > 0)
        kill(programId, signal);
}

constexpr int handedOn[] = {SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2};

[[noreturn]] void supervise(char **words, int reports, pid_t caller) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != caller)
        std::_Exit(cannotStart);
    int channel[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, channel) != 0)
        fail("socketpair");
    const pid_t own = getpid(), program = fork();
    if (program < 0)
        fail("fork");
    if (program == 0) {
        close(channel[0]);
        close(reports);
        becomeProgram(words, channel[1], own);
    }
    close(channel[1]);
    for (const int signal : handedOn) // the program decides what they mean
        std::signal(signal, SIG_IGN);
    std::signal(SIGTSTP, SIG_IGN);
    std::signal(SIGPIPE, SIG_IGN);
    const auto report = [&](bool hasEnded, int status) {
        const Report text{program, status, hasEnded};
        (void)!write(reports, &text, sizeof text);
    };
    report(false, 0);
    Descriptor listener(receiveDescriptor(channel[0]));
    if (listener)
        (void)!write(channel[0], "", 1);
    close(channel[0]);
    const Descriptor end(static_cast<int>(syscall(SYS_pidfd_open, program, 0)));
    const auto ended = [&] {
        int status = 0;
        waitpid(program, &status, 0);
        prctl(PR_SET_PDEATHSIG, 0); // from here on only daemons are served, whom nobody waits for
        report(true, status);
        close(reports);
        // A daemon's supervisor keeps no terminal and no pipe of the caller open.
        for (const int fd : {STDIN_FILENO, STDOUT_FILENO})
            close(fd);
    };
    if (!listener) { // it could not start, and has said why
        ended();
        std::_Exit(0);
    }
    Service(std::move(listener)).run(end.get(), ended);
    std::_Exit(0);
}

// Ends as the program did, so that a shell sees the same.
[[noreturn]] void endAs(int status) {
    if (WIFSIGNALED(status)) {
        std::signal(WTERMSIG(status), SIG_DFL);
        raise(WTERMSIG(status));
    }
    std::_Exit(WIFEXITED(status) ? WEXITSTATUS(status) : cannotStart);
}

} // namespace

int main(int argc, char **argv) {
    if (argc < 2) {
        std::fputs("usage: nitroscope-supervise PROGRAM [ARGUMENT]...\n", stderr);
        return 2;
    }
    int reports[2];
    if (pipe(reports) != 0)
        fail("pipe");
    const pid_t own = getpid(), supervisor = fork();
    if (supervisor < 0)
        fail("fork");
    if (supervisor == 0) {
        close(reports[0]);
        supervise(argv + 1, reports[1], own);
    }
    close(reports[1]);
    struct sigaction action {};
    action.sa_sigaction = handOn;
    action.sa_flags = SA_SIGINFO | SA_RESTART;
    for (const int signal : handedOn)
        sigaction(signal, &action, nullptr);
    Report report{};
    while (read(reports[0], &report, sizeof report) == static_cast<ssize_t>(sizeof report)) {
        programId = report.program;
        if (report.hasEnded)
            endAs(report.status);
    }
    std::fputs("nitroscope-supervise: the supervisor was killed, and the program with it\n", stderr);
    return cannotStart;
}
