// SPDX-License-Identifier: GPL-2.0-or-later
//
// What one can say to `run-enclave`, and the three ways in which it runs: with the console attached, detached
// as seen by the user's command, and detached as the process that stays.
#pragma once

#include "app/core/result.hpp"
#include "app/session/launch/launch_spec.hpp"
#include "app/session/run/unattended_limits.hpp"

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace nitroscope::cli {

// See kms_beside.hpp.
struct RunKmsOptions {
    bool isWanted = false;
    std::string seed, identities, folder; // files as they were named; empty: none, and the usual folder
};

struct RunOptions {
    app::LaunchSpec spec; // with a CPU count that --cpu-ids has decided
    std::string name, inputAfter, config;
    std::vector<unsigned> cpuIds;
    double timeoutSeconds = 0; // 0 = none
    RunKmsOptions kms;
    bool attachConsole = false;
    bool verbose = false;
    int keeperChannel = -1; // descriptor to report the start through; -1 = this is the user's command
    int keeperConfig = -1;  // descriptor with what --config named: it may have been a pipe
    QByteArray configText;  // What --config named, once it has been read.
};

inline constexpr unsigned maxCpuId = 4095; // in --cpu-ids

// As nitro-cli: what was asked for, or the name of the EIF's file without ".eif" at its end.
QString nameOf(const RunOptions &options);

// Guest memory in MiB: what was asked for, or the default for this EIF.
quint64 memoryOf(const app::LaunchSpec &spec);

// nitro-cli's --config: a JSON file with enclave_name, cpu_ids, attach_console, and those launch options that
// have a name there: cpu_count, memory_mib, eif_path, enclave_cid, debug_mode. Errors: "E19" (not readable), "E17" (no JSON, with its offset),
// "E03" for values that are none, "E33" for an enclave without a CPU.
app::Result<void> readRunConfig(RunOptions &options);

// Of a command that has the enclave's console: when to read what is typed, and how long to wait.
void addConsoleOptions(CLI::App &command, RunOptions &options);
// Boots the EIF with its console on standard input and output, and waits for the end; gives the exit code.
int runAttached(const RunOptions &options);

// Starts this program again as the enclave's process, waits until the enclave's kernel was entered, prints
// what nitro-cli prints. Its exit code is that of an attached run that failed the same way.
int startDetached(const RunOptions &options);
// The enclave's process: from entering the registry to the enclave's end.
int keepEnclave(const RunOptions &options);

} // namespace nitroscope::cli
