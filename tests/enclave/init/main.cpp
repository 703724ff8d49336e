// SPDX-License-Identifier: GPL-2.0-or-later
//
// The demo enclave's init, process 1 from ramdisk 0. It follows the steps of AWS's init: mounts, console,
// NSM, /cmd and /env, the application's tree becomes the root, the application runs. Unlike AWS's it shows
// on the console what the NSM says (lines that tests compare start with "nitroscope-demo:") and serves a few
// commands there. Without an NSM it says so and goes on. The steps by hand are in AWS's
// enclaves-sdk-bootstrap, init/init.c.

#include "tests/enclave/init/boot_options.hpp"
#include "tests/enclave/init/commands.hpp"
#include "tests/enclave/init/heartbeat.hpp"
#include "tests/enclave/init/mounts.hpp"
#include "tests/enclave/init/text.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <poll.h>
#include <sys/signalfd.h>
#include <sys/sysinfo.h>
#include <unistd.h>

namespace {

using namespace nitroscope::demo;

// What PCR 16, the first one that applications may extend, is extended with at boot.
constexpr std::string_view pcr16Data = "nitroscope-demo";

void warn(Console &console, const std::vector<std::string> &problems) {
    for (const auto &problem : problems)
        console.report("warning: " + problem);
}

void reportSystem(Console &console) {
    struct sysinfo info {};
    sysinfo(&info);
    console.report("processors " + std::to_string(get_nprocs()) + " memory-mib " +
                   std::to_string(uint64_t{info.totalram} * info.mem_unit >> 20));
}

void reportRandomAndPcr16(Enclave &enclave) {
    if (!enclave.nsm.available())
        return;
    runCommand(enclave, "random 16");
    reportPcr(enclave, "pcr", 16);
    runCommand(enclave, "extend 16 " + std::string(pcr16Data));
}

void failAsTold(Failure failure) {
    switch (failure) {
    case Failure::none:
        return;
    case Failure::panic:
        _exit(1);
    case Failure::segfault:
        // Sent signals do not reach process 1, those that the kernel causes itself do.
        *static_cast<volatile int *>(nullptr) = 0;
        break;
    case Failure::hang:
        while (true)
            pause();
    }
}

// A descriptor that becomes readable when a child has ended.
int childSignals() {
    sigset_t child;
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    sigprocmask(SIG_BLOCK, &child, nullptr);
    return signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
}

void passOutput(Enclave &enclave) {
    for (const auto &line : enclave.application.readLines())
        enclave.console.line("app: " + line);
}

// Reaps and, when it was the application, prints the rest of its output and how it ended.
void applicationEnded(Enclave &enclave, const std::string &ending, const BootOptions &options) {
    // A child of the application may hold the pipe open, so do not wait for its end.
    pollfd output{.fd = enclave.application.output(), .events = POLLIN, .revents = 0};
    while (enclave.application.output() >= 0 && poll(&output, 1, 0) > 0)
        passOutput(enclave);
    enclave.console.report(ending);
    if (options.once)
        endByReboot();
}

[[noreturn]] void serve(Enclave &enclave, int signals, const BootOptions &options) {
    if (!options.once)
        enclave.console.line("Type help and Enter to see what this console can do.");
    while (true) {
        std::array<pollfd, 3> sources{{
            {.fd = enclave.console.atEnd() ? -1 : STDIN_FILENO, .events = POLLIN, .revents = 0},
            {.fd = enclave.application.output(), .events = POLLIN, .revents = 0},
            {.fd = signals, .events = POLLIN, .revents = 0},
        }};
        if (poll(sources.data(), sources.size(), -1) < 0 && errno != EINTR)
            _exit(errno);
        if (sources[1].revents != 0)
            passOutput(enclave);
        if (sources[2].revents != 0) {
            signalfd_siginfo info{};
            while (read(signals, &info, sizeof info) > 0) {
            }
            if (const auto ending = enclave.application.reap())
                applicationEnded(enclave, *ending, options);
        }
        if (sources[0].revents != 0)
            enclave.console.readInput([&](const std::string &line) { runCommand(enclave, line); });
    }
}

} // namespace

int main() {
    const int signals = childSignals();
    const auto mountProblems = mountEarly();
    Console console;
    warn(console, mountProblems);
    const auto options = BootOptions::parse(readFile("/proc/cmdline").value_or(""));

    NsmClient nsm;
    Application application;
    Enclave enclave{console, nsm, application};
    reportSystem(console);
    reportNsm(enclave);
    reportRandomAndPcr16(enclave);
    console.report("heartbeat " + sendHeartbeat());
    console.report("ready");
    failAsTold(options.failure);

    warn(console, application.readSettings());
    warn(console, enterRootfs());
    if (options.once)
        application.addEnvironment("DEMO_ONCE=1");
    if (const auto started = application.start(); !started) {
        console.report("application not started: " + started.error());
        if (options.once)
            endByReboot();
    }
    serve(enclave, signals, options);
}
