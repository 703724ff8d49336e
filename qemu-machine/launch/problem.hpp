// SPDX-License-Identifier: GPL-2.0-or-later
//
// Wording of what the launch library finds wrong. A NitroLaunchProblem is complete in itself: one sentence,
// where it is, and what the user of a real enclave would have seen, because that is what people search the
// web for.

#pragma once

#include "firmware/eif/problem.hpp"
#include "qemu-machine/launch/launch_problem.h"

#include <string>
#include <string_view>

namespace nitroscope::launch {

// nitro-cli's error codes that concern an EIF (`nitro-cli explain`).
enum class ErrorCode { none, e19, e26, e35, e36, e59 };

std::string_view text(ErrorCode code);    // "E35"; empty for none.
std::string_view meaning(ErrorCode code); // What nitro-cli means by it, as the end of a sentence.

// What a real enclave's owner would have seen. Anything that stops AWS's sequential reader is E35, what only
// the hypervisor finds is E36 (the enclave does not boot), nothing when the real platform would not mind.
ErrorCode codeFor(eif::Problem problem);

// Place of a problem: byte in the EIF, and index in the section table or -1.
struct Place {
    int section = -1;
    uint64_t offset = 0;
};

enum class Weight { warning, refusal };

// `sentence` says what is wrong and what to do and ends with a full stop. The message is cut at 511 bytes of
// UTF-8.
NitroLaunchProblem makeProblem(Weight weight, uint32_t reason, ErrorCode code, Place place,
                               std::string_view sentence);

// The same for a diagnostic-like problem of the EIF format.
NitroLaunchProblem makeProblem(Weight weight, eif::Problem problem, Place place);

} // namespace nitroscope::launch
