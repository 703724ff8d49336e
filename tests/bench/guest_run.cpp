// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/bench/guest_run.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace nitroscope::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr double patienceSeconds = 10;

pid_t spawn(const std::vector<std::string> &command, int output) {
    std::vector<char *> arguments;
    for (const auto &word : command)
        arguments.push_back(const_cast<char *>(word.c_str()));
    arguments.push_back(nullptr);
    const pid_t child = fork();
    if (child == 0) {
        const int nothing = open("/dev/null", O_RDONLY);
        dup2(nothing, STDIN_FILENO);
        dup2(output, STDOUT_FILENO);
        dup2(output, STDERR_FILENO);
        execv(arguments[0], arguments.data());
        _exit(127);
    }
    return child;
}

// Notes the time of every marker that the text seen so far contains; true once all were seen.
bool noteMarkers(const std::string &seen, const std::vector<std::string> &markers, double now,
                 GuestRun &run) {
    bool all = true;
    for (size_t i = 0; i < markers.size(); ++i) {
        if (!run.markerSeconds[i] && seen.find(markers[i]) != std::string::npos)
            run.markerSeconds[i] = now;
        all = all && run.markerSeconds[i].has_value();
    }
    return all;
}

} // namespace

GuestRun runGuest(const std::vector<std::string> &command, const std::vector<std::string> &markers,
                  double timeoutSeconds) {
    GuestRun run;
    run.markerSeconds.resize(markers.size());
    std::array<int, 2> channel{};
    if (pipe2(channel.data(), O_CLOEXEC) != 0)
        return run;
    const auto start = Clock::now();
    const auto elapsed = [&] { return std::chrono::duration<double>(Clock::now() - start).count(); };
    const pid_t child = spawn(command, channel[1]);
    close(channel[1]);

    std::string seen;
    std::array<char, 65536> buffer{};
    while (elapsed() < timeoutSeconds) {
        pollfd readable{channel[0], POLLIN, 0};
        const int left = static_cast<int>((timeoutSeconds - elapsed()) * 1000);
        if (poll(&readable, 1, std::max(left, 1)) <= 0)
            continue;
        const ssize_t got = read(channel[0], buffer.data(), buffer.size());
        if (got <= 0)
            break;
        seen.append(buffer.data(), static_cast<size_t>(got));
        if (noteMarkers(seen, markers, elapsed(), run))
            break;
    }
    close(channel[0]);
    // First in good terms: who has started QEMU ends it, too, before the next run is timed.
    kill(child, SIGTERM);
    rusage usage{};
    int status = 0;
    for (const double end = elapsed() + patienceSeconds; wait4(child, &status, WNOHANG, &usage) == 0;
         std::this_thread::sleep_for(std::chrono::milliseconds(1)))
        if (elapsed() > end)
            kill(child, SIGKILL);
    run.peakKiB = usage.ru_maxrss;
    run.tail = seen.substr(seen.size() - std::min<size_t>(seen.size(), 1500));
    return run;
}

} // namespace nitroscope::bench
