// SPDX-License-Identifier: GPL-2.0-or-later
//
// The commands below `kms`. Those that decide or look for something exit with 0 (allowed, nothing found), 1 (denied, something found) or
// 2 (cannot be read).
#pragma once

#include "app/core/result.hpp"
#include "app/kms/policy/evaluate.hpp"

#include <CLI/App.hpp>
#include <string>

namespace nitroscope::cli {

void addKmsSimulate(CLI::App &group, int &code);
void addKmsLint(CLI::App &group, int &code);
void addKmsPolicy(CLI::App &group, int &code);
void addKmsShow(CLI::App &group, int &code);
void addKmsUnwrap(CLI::App &group, int &code);

// A policy that AWS would take. Errors: those of reading, "malformed-policy".
app::Result<kms::NamedPolicy> readPolicy(const std::string &path);

using kms::defaultRole;

} // namespace nitroscope::cli
