// SPDX-License-Identifier: GPL-2.0-or-later
//
// The exit codes of nitroscope-cli's own commands and of run-enclave with the console attached. Scripts rely
// on them: never change a number. nitro-cli's commands exit with the error code's number; see
// nitro_error.hpp.
#pragma once

#include "app/session/account/session_types.hpp"

namespace nitroscope::cli {

enum ExitCode : int {
    ok = 0,            // done; for run-enclave: the guest ended by itself
    refused = 1,       // wrong usage, or an input that cannot be used: not an EIF, refused before the boot
    bootFailed = 2,    // the firmware or the platform gave up during the boot
    kernelPanic = 3,   // the guest's kernel panicked
    timedOut = 4,      // --timeout passed
    qemuFailed = 5,    // QEMU is missing, was killed, or failed
    programFailed = 6, // init said that the image's program ended with an error or by a signal
    programNotStarted = 7, // init said that it could not execute the image's program
    cutOutput = 8,         // run-enclave: standard output or the capture could not be written to the end
    hasDiverged = 9,       // replay, recording verify: the replay is not what was recorded
    bySignal = 128,        // plus the signal's number: 130 for Ctrl-C
};

// Of commands that look for something (`eif diff`, `eif lint`, `kms lint`), as diff(1) has them.
inline constexpr int nothingFound = 0, somethingFound = 1, unreadable = 2;

// For --help of run-enclave.
inline constexpr auto exitCodeHelp =
    "Exit codes:\n"
    "  0    the guest ended by itself (reboot or power off); its init had nothing to complain of\n"
    "  1    wrong usage, or the EIF was refused before the guest started\n"
    "  2    the boot failed (the message names stage, reason and byte offset)\n"
    "  3    the guest's kernel panicked\n"
    "  4    --timeout passed\n"
    "  5    QEMU is missing, was killed, or failed\n"
    "  6    the enclave's program failed: init said \"child exited with error\" or \"child exited by signal\"\n"
    "  7    the enclave's program could not be started: init said \"execvpe: \" and why\n"
    "  8    the console's output or the capture could not be written to the end\n"
    "  130  interrupted by Ctrl-C (128 + number of the signal)\n"
    "Without --attach-console, as nitro-cli: the number of the error code (36 for E36), 2 for wrong usage.\n";

// `failure` is what the session reported, when it did.
ExitCode exitCodeOf(const app::EndReason &reason, const std::optional<app::BootFailure> &failure);

} // namespace nitroscope::cli
