// SPDX-License-Identifier: GPL-2.0-or-later
//
// What one can say to `run-enclave`, and the three ways in which it runs: with the console attached, detached
// as seen by the user's command, and detached as the process that stays.
#pragma once

#include "app/core/result.hpp"
#include "app/session/launch/launch_spec.hpp"

#include <string>
#include <vector>

namespace nitroscope::cli {

struct RunOptions {
    std::string eif, name, append, initrd, qemu, moduleId, parentRole, parentId;
    std::string strict = "on", accelerator = "tcg";
    std::string inputAfter, capture, config;
    std::string vsockPath, heartbeat;
    std::vector<std::string> vsockRoutes;
    quint64 memoryMiB = 0;
    quint64 cid = 0; // 0 = the registry chooses
    unsigned cpuCount = 1;
    std::vector<unsigned> cpuIds;
    double timeoutSeconds = 0; // 0 = none
    bool debugMode = false;
    std::string firstCalls;
    bool traceSystemCalls = false;
    bool noSeqpacket = false, refuseCid2 = false, headersOnly = false;
    bool attachConsole = false;
    bool verbose = false;
    int keeperChannel = -1; // descriptor to report the start through; -1 = this is the user's command
};

app::LaunchSpec specOf(const RunOptions &options);
// Guest memory in MiB: what was asked for, or the default for this EIF.
quint64 memoryOf(const app::LaunchSpec &spec);

// nitro-cli's --config: a JSON file with enclave_name, cpu_count or cpu_ids, memory_mib, eif_path,
// enclave_cid, debug_mode, attach_console. Errors: "E19" (not readable), "E17" (no JSON, with its offset),
// "E03" for values that are none.
app::Result<void> readRunConfig(const QString &path, RunOptions &options);

// Starts this program again as the enclave's process, waits until the enclave's kernel was entered, prints
// what nitro-cli prints. Its exit code is that of an attached run that failed the same way.
int startDetached(const RunOptions &options);
// The enclave's process: from entering the registry to the enclave's end.
int keepEnclave(const RunOptions &options);

} // namespace nitroscope::cli
