// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a lint command prints.
#pragma once

#include "app/formats/lint/lint_finding.hpp"

namespace nitroscope::cli {

// Gives the exit code: somethingFound for errors, unreadable when a limit ended the reading, else nothingFound.
int printFindings(const formats::LintFindings &findings, bool asJson);

} // namespace nitroscope::cli
