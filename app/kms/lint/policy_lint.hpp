// SPDX-License-Identifier: GPL-2.0-or-later
//
// What is wrong with a key policy that is meant to let an enclave decrypt, or will not do what its author thinks. The rules are
// listed in docs/kms.md.
#pragma once

#include "app/formats/lint/lint_finding.hpp"
#include "app/kms/policy/policy.hpp"

namespace nitroscope::kms {

// `json` is what `policy` was read from. The place of a finding is "line 3, column 7: statement 2".
formats::LintFindings lintPolicy(const Policy &policy, const QByteArray &json);

} // namespace nitroscope::kms
