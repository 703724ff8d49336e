// SPDX-License-Identifier: GPL-2.0-or-later
//
// ./workbench bench boot: how long an EIF takes on our machine from process start to the first kernel line
// and to the demo's ready line, and the peak resident memory, against the same kernel and ramdisks booted by
// the same QEMU with `-M microvm,acpi=off` and Debian's qboot, which neither parses, checks nor measures
// anything. Beside the bare machine it times what people run: `run-enclave` and the window. Runs alternate, so
// that a slow moment of the host hits all; medians and their ratios to the reference are printed.
//
//   bench_boot QEMU QBOOT_ROM CLI WINDOW RUNS  LABEL EIF KERNEL INITRD CMDLINE_FILE MEMORY_MIB  [LABEL ...]

#include "tests/bench/guest_run.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace {

using nitroscope::bench::GuestRun;
using nitroscope::bench::runGuest;
using Command = std::vector<std::string>;

const std::vector<std::string> markers{"Linux version", "nitroscope-demo: ready"};
constexpr double timeoutSeconds = 180;

// What HACKING promises: ratio of the medians, ours to the reference.
constexpr double firstLineLimit = 2.0, memoryLimit = 1.0;

struct Case {
    std::string label, eif, kernel, initrd, cmdline, memory;
};

// What is started: QEMU itself, the reference's ROM, nitroscope-cli and bench_boot_window (empty: not built).
struct Programs {
    std::string qemu, qboot, cli, window;
};

struct Series {
    std::vector<double> firstLine, ready, peakMiB;
};

double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return values.empty() ? 0 : values[values.size() / 2];
}

Command common(const std::string &qemu, const Case &one) {
    return {qemu,  "-nodefaults", "-no-user-config", "-display", "none",  "-accel",    "tcg", "-cpu",
            "max", "-m",          one.memory,        "-serial",  "stdio", "-no-reboot"};
}

Command ours(const std::string &qemu, const Case &one) {
    Command command = common(qemu, one);
    command.insert(command.end(), {"-M", "nitro-enclave", "-kernel", one.eif});
    return command;
}

Command byCommandLine(const Programs &programs, const Case &one) {
    return {programs.cli, "run-enclave", "--attach-console", "--qemu", programs.qemu,
            "--memory",   one.memory,    "--eif-path",       one.eif};
}

Command byWindow(const Programs &programs, const Case &one) {
    return {programs.window, programs.qemu, one.eif, one.memory};
}

Command reference(const Programs &programs, const Case &one) {
    Command command = common(programs.qemu, one);
    command.insert(command.end(), {"-M", "microvm,acpi=off", "-bios", programs.qboot, "-kernel", one.kernel,
                                   "-initrd", one.initrd, "-append", one.cmdline});
    return command;
}

bool take(const Command &command, const char *what, Series &series) {
    const GuestRun run = runGuest(command, markers, timeoutSeconds);
    if (!run.markerSeconds[0] || !run.markerSeconds[1]) {
        std::fprintf(stderr, "%s did not reach its ready line; the console ended with:\n%s\n", what,
                     run.tail.c_str());
        return false;
    }
    series.firstLine.push_back(*run.markerSeconds[0]);
    series.ready.push_back(*run.markerSeconds[1]);
    series.peakMiB.push_back(static_cast<double>(run.peakKiB) / 1024);
    return true;
}

void print(const Case &one, const char *what, const std::vector<double> &a, const std::vector<double> &b,
           const char *unit, double limit) {
    const double ratio = median(b) > 0 ? median(a) / median(b) : 0;
    std::printf("%-8s %-18s %9.3f %9.3f %-4s %7.2f", one.label.c_str(), what, median(a), median(b), unit,
                ratio);
    if (limit > 0)
        std::printf("   (at most %.1f: %s)", limit, ratio <= limit ? "kept" : "MISSED");
    std::printf("\n");
}

} // namespace

int main(int argc, char **argv) {
    constexpr size_t programWords = 5, caseWords = 6;
    const std::vector<std::string> words(argv + 1, argv + argc);
    if (words.size() < programWords + caseWords || (words.size() - programWords) % caseWords != 0) {
        std::fprintf(stderr, "usage: bench_boot QEMU QBOOT CLI WINDOW RUNS "
                             "{LABEL EIF KERNEL INITRD CMDLINE_FILE MEMORY_MIB}...\n");
        return 2;
    }
    const Programs programs{words[0], words[1], words[2], words[3]};
    const int runs = std::max(1, std::atoi(words[4].c_str()));
    std::printf("%-8s %-18s %9s %9s %-4s %7s\n", "EIF", "median of runs", "enclave", "microvm", "", "ratio");
    for (size_t at = programWords; at < words.size(); at += caseWords) {
        Case one{words[at], words[at + 1], words[at + 2], words[at + 3], "", words[at + 5]};
        std::ifstream cmdline(words[at + 4]);
        one.cmdline.assign(std::istreambuf_iterator<char>(cmdline), {});
        Series enclave, commandLine, window, microvm;
        for (int run = 0; run < runs; ++run)
            if (!take(ours(programs.qemu, one), "the enclave machine", enclave) ||
                !take(byCommandLine(programs, one), "run-enclave", commandLine) ||
                (!programs.window.empty() && !take(byWindow(programs, one), "the window", window)) ||
                !take(reference(programs, one), "the microvm reference", microvm))
                return 1;
        print(one, "first kernel line", enclave.firstLine, microvm.firstLine, "s",
              one.label == "128" ? firstLineLimit : 0);
        print(one, "  run-enclave", commandLine.firstLine, microvm.firstLine, "s", 0);
        if (!programs.window.empty())
            print(one, "  window", window.firstLine, microvm.firstLine, "s", 0);
        print(one, "demo ready", enclave.ready, microvm.ready, "s", 0);
        print(one, "  run-enclave", commandLine.ready, microvm.ready, "s", 0);
        if (!programs.window.empty())
            print(one, "  window", window.ready, microvm.ready, "s", 0);
        print(one, "peak resident", enclave.peakMiB, microvm.peakMiB, "MiB", memoryLimit);
    }
    return 0;
}
