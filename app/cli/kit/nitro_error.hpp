// SPDX-License-Identifier: GPL-2.0-or-later
//
// nitro-cli's error codes, E00 to E60: numbers and names are nitro-cli's, the words are ours. A command of
// nitro-cli that fails says "[ E35 ] EIF file parsing error. …" and exits with the number, 35, so that scripts
// that look at either find what they know. Wrong usage exits with 2, as nitro-cli's parser does.
#pragma once

#include "app/core/result.hpp"

#include <QString>
#include <span>

namespace nitroscope::cli {

enum class NitroError : int {
    invalidArgument = 3,
    processSpawn = 5,
    socket = 11, // also: there is no such enclave
    serialisation = 17,
    fileOperation = 19,
    noSuchCpu = 22,
    memoryRequested = 26,
    enclaveStart = 33,
    eifParsing = 35,
    enclaveBoot = 36,
    enclaveProcess = 39,
    console = 44,
    eifBuilding = 48,
    dockerBuild = 49,
    dockerPull = 50,
    hasher = 57,
    naming = 58,
    signatureCheck = 59,
    signing = 60,
};

inline constexpr int wrongUsage = 2;

struct ErrorExplanation {
    const char *name;
    const char *text;
};
// By number.
std::span<const ErrorExplanation> errorExplanations();

// "[ E35 ] EIF file parsing error. TEXT"
QString errorText(NitroError code, const QString &text);
// The same on standard error; gives the exit code.
int fail(NitroError code, const QString &text);
// The code that the error has itself ("E19"), else `otherwise`.
int fail(const app::Error &error, NitroError otherwise);
// 35 for "E35"; nothing when it is none.
std::optional<int> numberOfCode(const QString &code);
QString codeText(int number);

} // namespace nitroscope::cli
