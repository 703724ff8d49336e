// SPDX-License-Identifier: GPL-2.0-or-later
//
// Lines on an enclave's console from which one can tell what went wrong: the kernel's, init's (docs/enclave-init.md), those
// of dynamic linkers and of C libraries.
#pragma once

#include <span>

namespace nitroscope::app {

enum class Speaker { kernel, program, anybody };

struct ConsoleSymptom {
    const char *code;
    Speaker speaker;
    const char *needle;  // a line without these bytes is not looked at more closely
    const char *pattern; // of the line, without the kernel's time; its groups are %1 … of the sentence
    // Rules of lint that explain it, with spaces between; one that ends with '*' stands for all that begin so.
    const char *rules;
    const char *sentence; // %M is the enclave's memory
    const char *advice;   // unless a finding has a better one
};

// What is nearest to the root of the trouble comes first: a ramdisk that was not unpacked explains a missing program.
std::span<const ConsoleSymptom> consoleSymptoms();

} // namespace nitroscope::app
